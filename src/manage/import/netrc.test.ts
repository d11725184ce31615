import { expect, test } from "vitest";
import { readNetrc } from "./netrc.ts";

test("passwords by machine and login; default for the rest; macros passed over", () => {
  const find = readNetrc(`# mine
machine pop.example login alice password "a \\"quoted\\" one" # hers
machine POP.example
  login bob
  passwd #hash
macdef init
  machine evil login alice password no

machine nologin.example password any
default login guest password guest
`);
  expect(find("pop.example", "alice")).toBe('a "quoted" one');
  expect(find("pop.EXAMPLE", "bob")).toBe("#hash");
  expect(find("evil", "alice")).toBeUndefined();
  expect(find("nologin.example", "whoever")).toBe("any");
  expect(find("elsewhere", "guest")).toBe("guest");
  expect(readNetrc("machine")("x", "y")).toBeUndefined();
});

import { expect, test } from "vitest";
import { readListenAddress } from "./listen-address.ts";

test.each([
  { text: "127.0.0.1:8825", address: { host: "127.0.0.1", port: 8825 } },
  { text: "localhost:0", address: { host: "localhost", port: 0 } },
  { text: "[::1]:8825", address: { host: "::1", port: 8825 } },
  { text: ":8825", address: { host: "::", port: 8825 } },
  { text: "off", address: null },
  { text: "8825", address: undefined },
  { text: "::1:8825", address: undefined },
  { text: "[::1]", address: undefined },
  { text: "localhost:70000", address: undefined },
  { text: "local host:80", address: undefined },
  { text: "localhost:", address: undefined },
  { text: "", address: undefined },
])("where to listen: $text", ({ text, address }) => {
  expect(readListenAddress(text)).toEqual(address);
});

import { expect, test } from "vitest";
import { failure } from "../core/failure.ts";
import { dataDirectory } from "./data-directory.ts";
import { exitCodeOf } from "./exit-code.ts";

const cases = [
  { option: "/a", env: { RPOP_DATA: "/b" }, isRoot: true, directory: "/a" },
  { option: undefined, env: { RPOP_DATA: "/b" }, isRoot: true, directory: "/b" },
  {
    option: undefined,
    env: { XDG_DATA_HOME: "/x", HOME: "/home/u" },
    isRoot: true,
    directory: "/var/lib/rpop",
  },
  { option: undefined, env: { XDG_DATA_HOME: "/x", HOME: "/home/u" }, isRoot: false, directory: "/x/rpop" },
  { option: undefined, env: { HOME: "/home/u" }, isRoot: false, directory: "/home/u/.local/share/rpop" },
  {
    option: undefined,
    env: { RPOP_DATA: "", HOME: "/home/u" },
    isRoot: false,
    directory: "/home/u/.local/share/rpop",
  },
];

test.each(cases)("--data $option, $env, root $isRoot: $directory", ({ option, env, isRoot, directory }) => {
  expect(dataDirectory(option, env, isRoot)).toBe(directory);
});

const codes = [
  { code: "usage", permanent: true, exit: 64 },
  { code: "bad-value", permanent: true, exit: 64 },
  { code: "bad-file", permanent: true, exit: 65 },
  { code: "unknown-name", permanent: true, exit: 67 },
  { code: "ambiguous-name", permanent: true, exit: 67 },
  { code: "database-newer", permanent: true, exit: 1 },
  { code: "secret-key-wrong", permanent: false, exit: 75 },
  { code: "module-stopped", permanent: false, exit: 75 },
  { code: "unexpected", permanent: false, exit: 75 },
] as const;

test.each(codes)("$code ends with $exit", ({ code, permanent, exit }) => {
  expect(exitCodeOf(failure(code, "local", { permanent }))).toBe(exit);
});

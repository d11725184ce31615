// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Postfix writes its placeholders so

import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePipeCommand, pipeArguments, pipeValues } from "./pipe-command.ts";

test.each([
  ["pipe:/bin/cat", ["/bin/cat"]],
  ["PIPE: /bin/cat  -n ", ["/bin/cat", "-n"]],
  [
    "pipe:/usr/lib/dovecot/dovecot-lda -f {sender} -d ${user}",
    ["/usr/lib/dovecot/dovecot-lda", "-f", "{sender}", "-d", "${user}"],
  ],
  [
    `pipe:/bin/sh -c 'a "b" $c' "d\\"e\\\\f\\g" h\\ i ''`,
    ["/bin/sh", "-c", 'a "b" $c', 'd"e\\f\\g', "h i", ""],
  ],
  ["pipe:'/opt/my program/run'x --to={recipient}", ["/opt/my program/runx", "--to={recipient}"]],
  ["pipe:/bin/jq {} {1} }", ["/bin/jq", "{}", "{1}", "}"]],
])("%s", (text, words) => {
  const parsed = parsePipeCommand(text);
  expect(parsed).toEqual({ ok: true, value: { program: words[0], args: words.slice(1) } });
});

test.each([
  ["pipe:", "destination-program"],
  ["pipe:  ", "destination-program"],
  ["pipe:cat", "destination-program"],
  ["pipe:/bin/", "destination-program"],
  ["pipe:/bin/{user}", "destination-program"],
  ["pipe:/bin/a\nb", "destination-program"],
  ["pipe:/bin/cat 'a", "destination-quote"],
  ['pipe:/bin/cat "a\\"', "destination-quote"],
  ["pipe:/bin/cat a\\", "destination-quote"],
  ["pipe:/bin/cat {mailbox}", "destination-placeholder"],
  ["pipe:/bin/cat ${nexthop}", "destination-placeholder"],
  ["pipe:/bin/cat -{user}", "destination-placeholder-option"],
  ["pipe:/bin/cat --${user}", "destination-placeholder-option"],
])("%j: %s", (text, code) => {
  const parsed = parsePipeCommand(text);
  expect(parsed.ok ? null : parsed.mistake.code).toBe(code);
});

test("words that are quoted come back as they were", () => {
  const quotings = [
    (word: string) => `'${word.replaceAll("'", `'"'"'`)}'`,
    (word: string) => `"${word.replace(/["\\]/g, "\\$&")}"`,
    (word: string) => word.replace(/./gs, "\\$&") || "''",
  ];
  const word = fc.string().filter((text) => !/\{/.test(text));
  fc.assert(
    fc.property(fc.array(word), fc.nat(2), (words, quoting) => {
      const quoted = words.map((one) => quotings[quoting]?.(one) ?? "").join(" ");
      expect(parsePipeCommand(`pipe:/bin/x ${quoted}`)).toEqual({
        ok: true,
        value: { program: "/bin/x", args: words },
      });
    }),
  );
});

const alice = { localPart: "alice+lists+x", domain: "example.com" };

test("values of a mail", () => {
  expect(pipeValues(null, alice)).toEqual({
    sender: "MAILER-DAEMON",
    recipient: "alice+lists+x@example.com",
    user: "alice",
    extension: "lists+x",
    domain: "example.com",
  });
  expect(pipeValues({ localPart: "-oQ/tmp", domain: "evil.example" }, alice)?.sender).toBe(
    '"-oQ/tmp"@evil.example',
  );
  expect(pipeValues({ localPart: "a\nb", domain: "evil.example" }, alice)).toBeNull();
});

test.each([
  { args: ["-f", "{sender}", "-d", "{user}"], filled: ["-f", "$(rm) {user}@x", "-d", "alice"] },
  { args: ["${user}-{extension}@{domain}"], filled: ["alice-lists+x@example.com"] },
  { args: ["--to={recipient}"], filled: ["--to=alice+lists+x@example.com"] },
])("$args", ({ args, filled }) => {
  const values = pipeValues(null, alice);
  if (values === null) throw new Error("no values");
  expect(pipeArguments(args, { ...values, sender: "$(rm) {user}@x" })).toEqual(filled);
});

test("a user that looks like an option is refused, but behind --", () => {
  const values = pipeValues(null, { localPart: "-rf", domain: "example.com" });
  if (values === null) throw new Error("no values");
  expect(pipeArguments(["-d", "{user}"], values)).toBeNull();
  expect(pipeArguments(["--", "{user}"], values)).toEqual(["--", "-rf"]);
  expect(pipeArguments(["--user={user}"], values)).toEqual(["--user=-rf"]);
  expect(pipeArguments(["{extension}{user}"], values)).toBeNull();
});

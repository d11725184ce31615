import { expect, test } from "vitest";
import { guessFormat } from "./format.ts";

test.each([
  ["/home/a/.fetchmailrc", "", "fetchmail"],
  ["/root/fetchmail/rc", "", "fetchmail"],
  ["/home/a/.getmail/work", "", "getmail"],
  ["getmailrc-work", "", "getmail"],
  ["/home/a/.config/mpop/config", "", "mpop"],
  [".mpoprc", "", "mpop"],
  ["accounts.CSV", "", "csv"],
  ["x", "# mine\n[retriever]\ntype = x", "getmail"],
  ["x", "set daemon 5\npoll pop.example\n  proto pop3 user x", "fetchmail"],
  ["x", "defaults\ntls on\naccount a\nhost h", "mpop"],
  ["Account.settings", "{ RPOP = {}; }", "communigate"],
  ["-", "owner;account;server\n", "csv"],
  ["-", "account,server\n", "csv"],
  ["mail.yaml", "domains:\n  - name: x\n", null],
])("%s %j is %s", (path, text, format) => {
  expect(guessFormat(path, text)).toBe(format);
});

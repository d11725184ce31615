import { expect, test } from "vitest";
import { readConfigurationFile } from "./read-file.ts";

/** `line:column code path`, one for each mistake. */
function mistakesIn(text: string | Uint8Array): string[] {
  const bytes = typeof text === "string" ? Buffer.from(text, "utf8") : text;
  return readConfigurationFile(bytes).mistakes.map(({ line, column, code, path }) =>
    `${line}:${column} ${code} ${path}`.trim(),
  );
}

/** A remote account of a file as it was read. */
function recordOf(fields: string): Record<string, unknown> {
  const { file, mistakes } = readConfigurationFile(Buffer.from(`unifiedAccounts:\n  - { ${fields} }\n`));
  expect(mistakes).toEqual([]);
  return file?.unifiedAccounts?.[0] ?? {};
}

const badFiles = [
  { name: "not UTF-8", text: new Uint8Array([0x61, 0xff, 0xfe]), mistakes: ["1:1 not-utf8"] },
  { name: "empty", text: "", mistakes: ["1:1 empty-file"] },
  { name: "a comment alone", text: "# nothing yet\n", mistakes: ["1:1 empty-file"] },
  { name: "a word", text: "hello\n", mistakes: ["1:1 expected-map"] },
  { name: "a list", text: "- a\n- b\n", mistakes: ["1:1 expected-map"] },
  { name: "not closed", text: "settings: {\n", mistakes: ["2:1 yaml-syntax"] },
  { name: "tab as indent", text: "settings:\n\tchannels: 1\n", mistakes: ["2:1 yaml-syntax"] },
  { name: "unknown section", text: "accounts: []\n", mistakes: ["1:1 unknown-key accounts"] },
  {
    name: "unknown setting",
    text: "settings:\n  chanels: 5\n",
    mistakes: ["2:3 unknown-key settings.chanels"],
  },
  {
    name: "key twice",
    text: "settings:\n  channels: 5\n  channels: 6\n",
    mistakes: ["3:3 duplicate-key"],
  },
  {
    name: "an alias, which could unfold into a bomb",
    text: "a: &x [1, 2]\nb: [*x, *x]\n",
    mistakes: ["2:5 alias-not-allowed", "2:9 alias-not-allowed"],
  },
  { name: "two documents", text: "settings: {}\n---\nsettings: {}\n", mistakes: ["2:1 yaml-syntax"] },
  { name: "list expected", text: "domains: example.com\n", mistakes: ["1:10 expected-list domains"] },
  {
    name: "interval without unit",
    text: "unifiedAccounts:\n  - pollEvery: 300\n",
    mistakes: ["2:16 expected-interval unifiedAccounts[0].pollEvery"],
  },
  {
    name: "TLS said with yes and no",
    text: "unifiedAccounts:\n  - tls: no\n",
    mistakes: ["2:10 expected-choice unifiedAccounts[0].tls"],
  },
  {
    name: "line break in a password",
    text: 'unifiedAccounts:\n  - password: "a\\nb"\n',
    mistakes: ["2:15 expected-password unifiedAccounts[0].password"],
  },
  {
    name: "NUL in a login",
    text: 'unifiedAccounts:\n  - account: "a\\0b"\n',
    mistakes: ["2:14 expected-login unifiedAccounts[0].account"],
  },
  {
    name: "a key of the specification that is not built yet",
    text: "unifiedAccounts:\n  - oauth: all\n",
    mistakes: ["2:5 not-available unifiedAccounts[0].oauth"],
  },
  {
    name: "a first visit that cannot be",
    text: "unifiedAccounts:\n  - { firstVisit: seen }\n  - { firstVisit: since 2026-02-30 }\n",
    mistakes: [
      "2:19 expected-first-visit unifiedAccounts[0].firstVisit",
      "3:19 expected-first-visit unifiedAccounts[1].firstVisit",
    ],
  },
  {
    name: "times on the server that cannot be",
    text: "unifiedAccounts:\n  - { deleteAfter: 0 }\n  - { deleteAfter: 30m }\n  - { deleteAfter: 1.5 }\n",
    mistakes: [
      "2:20 expected-keeping-time unifiedAccounts[0].deleteAfter",
      "3:20 expected-keeping-time unifiedAccounts[1].deleteAfter",
      "4:20 expected-keeping-time unifiedAccounts[2].deleteAfter",
    ],
  },
  {
    name: "an account named like a path",
    text: "domains:\n  - name: example.com\n    accounts:\n      - name: ../etc\n",
    mistakes: ["4:15 expected-account-name domains[0].accounts[0].name"],
  },
  {
    name: "a relative Maildir",
    text: "domains:\n  - accounts:\n      - destination: maildir:mail\n",
    mistakes: ["3:22 expected-destination domains[0].accounts[0].destination"],
  },
  {
    name: "destinations that cannot be used",
    text: [
      "domains:",
      "  - accounts:",
      "      - destination: smtp://alice:secret@mx.example",
      "      - destination: lmtp+unix:run/lmtp",
      "      - destination: lmtp://mail.example?colour=red",
      "      - destination: pipe:procmail",
      "      - destination: ftp://mail.example",
      "",
    ].join("\n"),
    mistakes: [
      "3:22 destination-password-in-text domains[0].accounts[0].destination",
      "4:22 destination-socket domains[0].accounts[1].destination",
      "5:22 destination-option domains[0].accounts[2].destination",
      "6:22 destination-program domains[0].accounts[3].destination",
      "7:22 expected-destination domains[0].accounts[4].destination",
    ],
  },
  {
    name: "mistakes inside a time-out and a window",
    text: 'settings:\n  timeouts: { idle: 5 }\n  activitySchedule:\n    windows:\n      - { days: [mon], from: "8", to: "9:00" }\n',
    mistakes: [
      "2:21 expected-duration settings.timeouts.idle",
      "5:30 expected-time-of-day settings.activitySchedule.windows[0].from",
    ],
  },
  {
    name: "many at once, in the order of the lines",
    text: "settings: { channels: many, loglevel: major }\nunifiedAccounts:\n  - { tls: maybe, apop: yes, maxMessageSize: big }\n",
    mistakes: [
      "1:23 expected-integer settings.channels",
      "1:29 unknown-key settings.loglevel",
      "3:12 expected-choice unifiedAccounts[0].tls",
      "3:25 expected-flag unifiedAccounts[0].apop",
      "3:46 expected-size unifiedAccounts[0].maxMessageSize",
    ],
  },
];

test.each(badFiles)("bad file: $name", ({ text, mistakes }) => {
  expect(mistakesIn(text)).toEqual(mistakes);
});

const texts = [
  { written: "password: 007", read: { password: "007" } },
  { written: "password: 0x1F", read: { password: "0x1F" } },
  { written: "password: 12345678901234567890", read: { password: "12345678901234567890" } },
  { written: "password: true", read: { password: "true" } },
  { written: "password: 1e3", read: { password: "1e3" } },
  { written: "password: 'it''s \"quoted\"'", read: { password: 'it\'s "quoted"' } },
  { written: "password: ~", read: { password: null } },
  { written: "account: 12345", read: { account: "12345" } },
  { written: "account: 山田@example.jp", read: { account: "山田@example.jp" } },
  { written: "tls: off", read: { tls: "off" } },
  { written: "pollEvery: 90s", read: { pollEvery: 90_000 } },
  { written: "pollEvery: disabled", read: { pollEvery: "disabled" } },
  { written: "pollEvery: -----", read: { pollEvery: "delete" } },
  { written: "pollEvery: ----", read: { pollEvery: "delete" } },
  { written: "maxMessageSize: 10MB", read: { maxMessageSize: 10_000_000 } },
  { written: "maxMessageSize: 4096", read: { maxMessageSize: 4096 } },
  { written: "specialHeader: 'X-Real-To:'", read: { specialHeader: "X-Real-To" } },
  { written: "specialHeader: null", read: { specialHeader: null } },
  {
    written: `tlsFingerprint: ${"12:".repeat(31)}34`,
    read: { tlsFingerprint: `${"12:".repeat(31)}34` },
  },
];

test.each(texts)("$written", ({ written, read }) => {
  expect(recordOf(written)).toEqual(read);
});

test.each([
  "auto",
  "apop",
  "user",
  "plain",
  "login",
  "cram-md5",
  "scram-sha-1",
  "scram-sha-256",
  "scram-sha-256-plus",
  "ntlm",
  "msn",
  "xoauth2",
  "oauthbearer",
])("auth may be %s (spec 4)", (auth) => {
  expect(recordOf(`auth: ${auth}`).auth).toBe(auth);
});

test("auth may be nothing else", () => {
  expect(mistakesIn("unifiedAccounts:\n  - { auth: kerberos }\n")).toHaveLength(1);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { readMpop } from "./mpop.ts";
import { readNetrc } from "./netrc.ts";

const place = {
  home: "/home/alice",
  netrc: readNetrc("machine pop.example login alice password from-netrc"),
};
const read = (text: string) => readMpop(text, place);

test("defaults, accounts and what they inherit", () => {
  const { accounts, notes, uidPaths } = read(`# mine
defaults
tls on
delivery maildir ~/Mail/inbox

account one
host pop.example
user "alice"
keep
uidls_file ~/.local/share/%U_at_%H

account two : one
user bob
password "p w"
keep off
tls_starttls off
port 1995
`);
  expect(notes).toEqual([]);
  expect(
    accounts.map(({ line, login, server, delivery, keys, uidNames }) => [
      line,
      login,
      server,
      delivery,
      keys,
      uidNames[0],
    ]),
  ).toEqual([
    [
      ...[6, "alice", "pop.example", "maildir:/home/alice/Mail/inbox"],
      { tls: "starttls", leaveOnServer: true, password: "from-netrc" },
      "pop.example alice",
    ],
    [
      ...[12, "bob", "pop.example:1995", "maildir:/home/alice/Mail/inbox"],
      { tls: "implicit", leaveOnServer: false, password: "p w" },
      "pop.example bob",
    ],
  ]);
  expect(uidPaths).toEqual(["~/.local/share/alice_at_pop.example", "~/.local/share/bob_at_pop.example"]);
});

const cases = [
  { given: "passwordeval gpg -d ~/p.gpg", passwordCommand: "gpg -d ~/p.gpg" },
  { given: "password p\nskipsize 10m", maxMessageSize: "10MiB" },
  { given: "password p\nskipsize off\nkillsize 5k", notes: ["never-deletes"] },
  {
    given: "password p\nauth scram-sha-256\nsource_ip 192.0.2.7",
    auth: "scram-sha-256",
    sourceAddress: "192.0.2.7",
  },
  { given: "password p\nauth apop", auth: "apop", apop: true },
  { given: "password p\nauth digest-md5", notes: ["no-counterpart"] },
  { given: `password p\ntls on\ntls_fingerprint ${"AB:".repeat(31)}AB`, tlsFingerprint: "ab".repeat(32) },
  { given: `password p\ntls on\ntls_fingerprint ${"AB:".repeat(19)}AB`, notes: ["weak-fingerprint"] },
  { given: "password p\ntls_trust_file system\ntls_certcheck off", notes: ["certificate-checked"] },
  {
    given: "password p\ntls_trust_file ~/ca.pem\ntls_host_override mx",
    caFile: "/home/alice/ca.pem",
    tlsServerName: "mx",
  },
  {
    given: "password p\nonly_new off\ntimeout 9\nfilter cat",
    notes: ["global-setting", "no-counterpart", "read-all"],
  },
  { given: "password p\nstrange thing", notes: ["not-understood"] },
];

test.each(cases)("$given", ({ given, notes = [], ...expected }) => {
  const found = read(`account a\nhost pop.x\nuser u\n${given}`);
  expect(found.accounts[0]?.keys).toMatchObject(expected);
  expect(found.notes.map(({ code }) => code).toSorted()).toEqual(notes);
});

test.each([
  ["mda \"/usr/bin/procmail -f '%F' -d alice\"", "pipe:/usr/bin/procmail -f {sender} -d alice"],
  ["mda /usr/bin/procmail -d $USER", null],
  ["mbox ~/Mail/inbox", null],
  ["maildir Mail", null],
])("delivery %s", (given, delivery) => {
  const found = read(`account a\nhost pop.x\nuser u\npassword p\ndelivery ${given}`);
  expect(found.accounts[0]?.delivery).toBe(delivery);
  expect(found.notes.map(({ code }) => code)).toEqual(delivery === null ? ["delivery-lost"] : []);
});

test("accounts without host or user stay behind", () => {
  const { accounts, notes } = read("account a\nuser u\naccount b\nhost h\nhost");
  expect(accounts).toEqual([]);
  expect(notes.map(({ code, line }) => `${line} ${code}`)).toEqual(["1 no-server", "5 no-server"]);
});

test("whatever stands there, nothing is thrown", () => {
  fc.assert(fc.property(fc.string(), (text) => void read(text)));
  fc.assert(fc.property(fc.string(), (text) => void read(`account a\nhost h\nuser u\n${text}`)));
});

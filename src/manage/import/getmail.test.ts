import fc from "fast-check";
import { expect, test } from "vitest";
import { readGetmail } from "./getmail.ts";
import { readTuple } from "./getmail-values.ts";
import { readNetrc } from "./netrc.ts";

const place = {
  home: "/home/alice",
  netrc: readNetrc("machine pop.example login alice password from-netrc"),
};
const read = (text: string) => readGetmail(text, place);

const rc = (
  retriever: string,
  destination = "type = Maildir\npath = ~/Maildir/",
  options = "read_all = false",
) =>
  `[retriever]\ntype = SimplePOP3SSLRetriever\nserver = pop.example\nusername = alice\n${retriever}\n[destination]\n${destination}\n[options]\n${options}\n`;

test("a usual rc file: server, login, Maildir, oldmail file", () => {
  const { accounts, notes, uidPaths } = read(rc("password = s=:3cret"));
  expect(notes).toEqual([]);
  expect(accounts).toEqual([
    {
      line: 1,
      login: "alice",
      server: "pop.example",
      receiver: { kind: "person", name: null },
      delivery: "maildir:/home/alice/Maildir",
      ownServer: null,
      keys: { tls: "implicit", password: "s=:3cret", leaveOnServer: true },
      uidNames: ["oldmail-pop.example-995-alice"],
    },
  ]);
  expect(uidPaths).toEqual(["oldmail-pop.example-995-alice"]);
});

const cases = [
  {
    given: rc("type = SimplePOP3Retriever\npassword = p\nport = 8110\nuse_apop = yes"),
    tls: "off",
    apop: true,
  },
  { given: rc('password_command = ("pass", "a b", "it\'s")'), passwordCommand: "pass 'a b' 'it'\\''s'" },
  { given: rc("", undefined, "read_all = 0\nuse_netrc = true"), password: "from-netrc" },
  {
    given: rc("password = p", undefined, "delete = True\nmax_message_size = 1000"),
    leaveOnServer: false,
    maxMessageSize: "1000",
  },
  { given: rc("password = p", undefined, "delete_after = 30"), leaveOnServer: true, notes: ["delete-after"] },
  { given: rc("password = p", undefined, "verbose = 0"), leaveOnServer: true, notes: ["read-all"] },
  { given: rc("password = p", undefined, "read_all = no\ndelete_bigger_than = 9"), notes: ["never-deletes"] },
  {
    given: rc(`password = p\nssl_fingerprints = ("${"AB:".repeat(31)}AB", )`),
    tlsFingerprint: "ab".repeat(32),
  },
  { given: rc('password = p\nssl_fingerprints = ("aa", )'), notes: ["weak-fingerprint"] },
  {
    given: rc("password = p\nca_certs = /etc/ca.pem\nssl_cert_hostname = mx\ntimeout = 9"),
    caFile: "/etc/ca.pem",
    tlsServerName: "mx",
    notes: ["global-setting"],
  },
  {
    given: `${rc("password = p\nstrange = 1")}[filter-1]\ntype = Filter_external\n`,
    notes: ["no-counterpart", "no-counterpart"],
  },
];

test.each(cases)("$given", ({ given, notes = [], ...expected }) => {
  const found = read(given);
  expect(found.accounts[0]?.keys).toMatchObject(expected);
  expect(found.notes.map(({ code }) => code)).toEqual(notes);
});

const destinations = [
  { given: "type = MDA_lmtp\nhost = /run/lmtp", delivery: "lmtp+unix:/run/lmtp" },
  { given: "type = MDA_lmtp\nhost = mx.example", delivery: "lmtp://mx.example:2003" },
  {
    given:
      'type = MDA_external\npath = ~/bin/mda\narguments = ("-f", "%(sender)",\n  "a b", "%(local)@%(domain)")',
    delivery: 'pipe:/home/alice/bin/mda -f {sender} "a b" {user}@{domain}',
  },
  {
    given: 'type = MDA_external\npath = /bin/mda\narguments = ("$HOME", )',
    delivery: null,
    notes: ["delivery-lost"],
  },
  { given: "type = Mboxrd\npath = ~/inbox", delivery: null, notes: ["delivery-lost"] },
  {
    given: "type = Maildir\npath = $MAIL/x/\nuser = joe",
    delivery: null,
    notes: ["no-counterpart", "delivery-lost"],
  },
];

test.each(destinations)("destination $given", ({ given, delivery, notes = [] }) => {
  const found = read(rc("password = p", given));
  expect(found.accounts[0]?.delivery).toBe(delivery);
  expect(found.notes.map(({ code }) => code)).toEqual(notes);
});

const multidrop = "type = MultidropPOP3Retriever\npassword = p\nenvelope_recipient = delivered-to:1";

test("a multidrop mailbox is distributed by its envelope field, unless one mailbox takes all", () => {
  const lmtp = read(rc(multidrop, "type = MDA_lmtp\nhost = /run/lmtp"));
  expect(lmtp.accounts[0]).toMatchObject({
    receiver: { kind: "domain", people: [] },
    delivery: null,
    keys: { specialHeader: "Delivered-To" },
    uidNames: ["oldmail-pop.example-110-alice"],
  });
  expect(lmtp.notes).toMatchObject([{ code: "delivery-each", params: { delivery: "lmtp+unix:/run/lmtp" } }]);
  const one = read(rc(multidrop));
  expect(one.accounts[0]?.receiver).toEqual({ kind: "person", name: null });
  expect(one.accounts[0]?.keys).not.toHaveProperty("specialHeader");
});

test("MultiSorter names people and where their mail goes", () => {
  const text = `${rc(
    multidrop.replace(":1", ":2"),
    `type = MultiSorter
default = [postmaster]
locals = (
  ("jeff@corp\\.example", "[jeff]"),
  (r"sam\\d*@corp.example", "[sam]"),
  )`,
  )}[jeff]\ntype = Maildir\npath = /srv/jeff/\n`;
  const { accounts, notes } = read(text);
  expect(accounts[0]?.receiver).toEqual({
    kind: "domain",
    people: [{ name: "jeff@corp.example", aliases: [], delivery: "maildir:/srv/jeff" }],
    domains: [],
  });
  expect(notes.map(({ code }) => code)).toEqual(["pattern-lost", "postmaster-name", "envelope-position"]);
});

test("IMAP, no login, no retriever", () => {
  expect(read("[retriever]\ntype = SimpleIMAPRetriever\nserver = i\nusername = u").notes).toMatchObject([
    { code: "not-pop3", line: 2, params: { account: "u@i", protocol: "SimpleIMAPRetriever" } },
  ]);
  expect(read("[retriever]\ntype = SimplePOP3Retriever\nserver = i").notes).toMatchObject([
    { code: "no-login" },
  ]);
  expect(read("nothing here").notes).toMatchObject([{ code: "not-understood", line: 1 }]);
});

test("Python's tuples", () => {
  expect(readTuple(`("a", 'b\\'c', r"d\\e", 5)`)).toEqual(["a", "b'c", "d\\e", "5"]);
  expect(readTuple('(("a", "b"), ("c", "d"),)')).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
  expect(readTuple("()")).toEqual([]);
  for (const odd of ["", "a", '("a"', '"a")', "((", "{}"]) expect(readTuple(odd), odd).toBeNull();
});

test("whatever stands there, nothing is thrown", () => {
  fc.assert(fc.property(fc.string(), (text) => void read(text)));
  fc.assert(
    fc.property(fc.string(), (text) => void read(`[retriever]\ntype = SimplePOP3Retriever\n${text}`)),
  );
  fc.assert(fc.property(fc.string(), (text) => void readTuple(`(${text})`)));
});

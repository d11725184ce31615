import fc from "fast-check";
import { expect, test } from "vitest";
import { readFetchmail } from "./fetchmail.ts";
import { fetchmailTokens } from "./fetchmail-tokens.ts";
import { readNetrc } from "./netrc.ts";

const place = {
  home: "/home/alice",
  netrc: readNetrc("machine pop.example login alice password from-netrc"),
};
const read = (text: string) => readFetchmail(text, place);

/** The keys of the only account, without what every account has. */
function keys(options: string, server = "") {
  const { accounts, notes } = read(
    `poll pop.example proto pop3 ${server} user "u" pass p is alice here ${options}`,
  );
  const [account] = accounts;
  const { password: _password, ...rest } = account?.keys ?? {};
  return {
    server: account?.server,
    ...rest,
    notes: notes.map(({ code }) => code),
  };
}

test("words and strings, as fetchmail itself reads them", () => {
  const words = (text: string) =>
    fetchmailTokens(text).map((token) => (token.quoted ? `<${token.text}>` : token.text));
  expect(words(`poll a.example: user 'x y', pass "p q\\tr\\x22\\65\\0101" # rest\nkeep`)).toEqual([
    ...["poll", "a.example", "user", "<x y>", "pass", '<p q\tr"AA>', "keep"],
  ]);
  expect(words(`pass "a\\"b" a#b it's 'a"b' k=v`)).toEqual([
    "pass",
    '"a"b"',
    "a#b",
    "it's",
    '<a"b>',
    "k",
    "=",
    "v",
  ]);
  expect(words('pass "two\\\nlines"')).toEqual(["pass", "<twolines>"]);
  expect(fetchmailTokens('a\n"b\nc"\nd').map(({ line }) => line)).toEqual([1, 2, 4]);
});

test("several entries and users: logins, owners, servers, names in .fetchids", () => {
  const { accounts, notes, uidPaths } = read(`
set daemon 300
set idfile "/var/lib/fetchids"
defaults proto pop3 ssl keep
poll Work via pop.work.example
  user esr here is eric there, pass a#b
  user 'two words' pass x to joe options no keep
skip old.example service 1110 user with pass with
poll pop.example interval 2 user alice is alice here
`);
  expect(
    accounts.map(({ line, login, server, receiver, keys, uidNames }) => [
      ...[line, login, server, receiver.kind === "person" ? receiver.name : null],
      ...[keys.password, keys.pollEvery, keys.leaveOnServer, uidNames[0]],
    ]),
  ).toEqual([
    [6, "eric", "pop.work.example", "esr", "a#b", "300s", true, "eric@pop.work.example"],
    [7, "two words", "pop.work.example", "joe", "x", "300s", false, "two words@pop.work.example"],
    [8, "with", "old.example:1110", null, "with", "disabled", true, "with@old.example"],
    [9, "alice", "pop.example", "alice", "from-netrc", "600s", true, "alice@pop.example"],
  ]);
  expect(uidPaths).toEqual(["/var/lib/fetchids"]);
  expect(notes).toEqual([]);
});

test("multidrop: special header, prefix, local names, mappings, domains", () => {
  const { accounts, notes } = read(`poll pop.isp.example proto pop3 localdomains corp.example corp.test
    envelope 1 "X-Original-To:" qvirtual "corp-" user corp pass p ssl to golux=jbarnes snark * here`);
  expect(accounts[0]?.receiver).toEqual({
    kind: "domain",
    people: [
      { name: "jbarnes", aliases: ["golux"], delivery: null },
      { name: "snark", aliases: [], delivery: null },
    ],
    domains: ["corp.example", "corp.test"],
  });
  expect(accounts[0]?.keys).toEqual({
    tls: "implicit",
    password: "p",
    leaveOnServer: false,
    specialHeader: "X-Original-To",
    specialHeaderPrefix: "corp-",
  });
  expect(notes).toContainEqual({
    code: "envelope-position",
    line: 2,
    params: { account: "corp@pop.isp.example", field: "X-Original-To", position: 2 },
  });
  const header = (envelope: string) => {
    const { accounts, notes } = read(`poll p proto pop3 ${envelope} user u pass p is a b here ssl`);
    return [accounts[0]?.keys.specialHeader, notes.some(({ code }) => code === "received-envelope")];
  };
  expect(header("")).toEqual(["X-Envelope-To", true]);
  expect(header('envelope "Received"')).toEqual(["X-Envelope-To", true]);
  expect(header("no envelope")).toEqual([undefined, false]);
  expect(header("envelope Delivered-To")).toEqual(["Delivered-To", false]);
});

const options = [
  { given: "ssl", tls: "implicit" },
  { given: "", tls: "starttls", notes: ["starttls-demanded"] },
  { given: "sslproto ''", tls: "off" },
  { given: "sslproto auto", tls: "starttls" },
  { given: "ssl sslproto TLS1.3+", tls: "implicit", tlsMinVersion: "TLSv1.3" },
  { given: "ssl", server: "port 1995", tls: "implicit", at: "pop.example:1995" },
  { given: "", server: "service pop3s", tls: "implicit" },
  { given: "ssl limit 500000", tls: "implicit", maxMessageSize: "500000" },
  {
    given: "ssl sslcertfile ~/ca.pem sslcommonname mx",
    tls: "implicit",
    caFile: "/home/alice/ca.pem",
    tlsServerName: "mx",
  },
  { given: "ssl sslcertfile ca.pem", tls: "implicit", notes: ["relative-path"] },
  {
    given: 'ssl sslfingerprint "AA:BB" no sslcertck',
    tls: "implicit",
    notes: ["weak-fingerprint", "certificate-checked"],
  },
  { given: "ssl", server: "auth cram-md5", tls: "implicit", auth: "cram-md5" },
  {
    given: "ssl",
    server: "auth gssapi timeout 9",
    tls: "implicit",
    notes: ["global-setting", "no-counterpart"],
  },
  { given: "ssl flush limitflush", tls: "implicit", notes: ["never-deletes", "never-deletes"] },
  { given: "ssl fetchall", tls: "implicit" },
  { given: "ssl keep fetchall", tls: "implicit", leaveOnServer: true, notes: ["read-all"] },
  { given: 'ssl preconnect "ssh x"', tls: "implicit", notes: ["no-counterpart"] },
  { given: "ssl rewrite no mimedecode warnings 3600 batchlimit 5", tls: "implicit" },
  { given: "ssl nonsense keep", tls: "implicit", leaveOnServer: true, notes: ["not-understood"] },
];

test.each(options)("$given $server", ({ given, server, at, notes, ...expected }) => {
  const found = keys(given, server);
  expect(found).toMatchObject({ server: at ?? "pop.example", leaveOnServer: false, ...expected });
  expect(found.notes.toSorted()).toEqual((notes ?? []).toSorted());
});

const deliveries = [
  { given: "", delivery: null, ownServer: "smtp://localhost" },
  { given: "lmtp", delivery: null, ownServer: "lmtp://localhost" },
  { given: "smtphost mx.example/2525,other", delivery: "smtp://mx.example:2525" },
  { given: "lmtp smtphost /run/dovecot/lmtp", delivery: "lmtp+unix:/run/dovecot/lmtp" },
  {
    given: `mda "/usr/bin/maildrop -d '%T' -f %F"`,
    delivery: "pipe:/usr/bin/maildrop -d {user} -f {sender}",
  },
  { given: 'mda "procmail -d $USER"', delivery: null, notes: ["delivery-lost"] },
  { given: "bsmtp out", delivery: null, notes: ["delivery-lost"] },
];

test.each(deliveries)("delivery: $given", ({ given, delivery, ownServer = null, notes = [] }) => {
  const found = read(`poll pop.example proto pop3 user u pass p is alice here ssl ${given}`);
  expect(found.accounts[0]).toMatchObject({ delivery, ownServer });
  expect(found.notes.map(({ code }) => code)).toEqual(notes);
});

test("what is not POP3, has no login, or is no entry is told with its line", () => {
  const { accounts, notes } = read(
    "poll i proto imap user a\npoll j service 993 user b\npoll k proto pop3 pass x\nkeep\nbroken",
  );
  expect(accounts).toEqual([]);
  expect(notes.map(({ code, line }) => `${line} ${code}`)).toEqual([
    ...["5 not-understood", "1 not-pop3", "2 not-pop3", "3 no-login"],
  ]);
});

test("no note holds a password", () => {
  const { notes } = read("poll p pass s3cret nonsense user u pass s3cret preconnect s3cret plugin s3cret");
  expect(JSON.stringify(notes)).not.toContain("s3cret");
});

test("whatever stands there, nothing is thrown", () => {
  const words = fc.constantFrom(
    ..."poll skip defaults set user is to here there pass no keep envelope ssl = \" ' # \\ 1 x via".split(
      " ",
    ),
  );
  fc.assert(fc.property(fc.array(words), (text) => void read(text.join(" "))));
  fc.assert(fc.property(fc.string(), (text) => void read(text)));
});

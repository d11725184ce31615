import fc from "fast-check";
import { expect, test } from "vitest";
import { readCommunigate } from "./communigate.ts";
import { isDictionary, readCgpText } from "./communigate-text.ts";

test("the format: strings, arrays, dictionaries, numbers, blocks, comments", () => {
  const { value, stoppedAt } = readCgpText(
    '{ a = "x\\"\\\\\\e\\065"; b = (one, "two", ()); c = #123; d = [AQI=]; // rest\n e = #NULL#; f = #I[10.0.0.1]:25; g = { h = user@x.example; }; }',
  );
  expect(stoppedAt).toBeNull();
  const entries = isDictionary(value) ? Object.fromEntries(value.entries) : {};
  expect(entries).toMatchObject({
    a: 'x"\\\nA',
    b: ["one", "two", []],
    c: "123",
    d: "[AQI=]",
    e: null,
    f: "[10.0.0.1]:25",
    g: { line: 2 },
  });
});

const file = `{
  RPOP = {
    "my isp" = { authName = "alice"; domain = "pop.isp.example"; password = "s;3=}cret"; period = 5m; leave = YES; APOP = NO; TLS = YES; };
    second = { APOP=YES; TLS=NO; authName=bob; domain="pop.other.example:1110"; password=[AQI=]; period=Disabled; leave=NO; extra=1; };
    broken = { domain = x; };
  };
  RealName = "Alice";
}`;

test("records of an account", () => {
  const { accounts, notes } = readCommunigate(file);
  expect(
    accounts.map(({ line, login, server, receiver, keys }) => ({ line, login, server, receiver, keys })),
  ).toEqual([
    {
      ...{ line: 3, login: "alice", server: "pop.isp.example", receiver: { kind: "person", name: null } },
      keys: { tls: "implicit", leaveOnServer: true, apop: false, password: "s;3=}cret", pollEvery: "5m" },
    },
    {
      ...{
        line: 4,
        login: "bob",
        server: "pop.other.example:1110",
        receiver: { kind: "person", name: null },
      },
      keys: { tls: "off", leaveOnServer: false, apop: true, pollEvery: "disabled" },
    },
  ]);
  expect(notes.map(({ code, line }) => `${line} ${code}`)).toEqual(["4 no-counterpart", "5 no-login"]);
});

test("a record with Special is a unified account", () => {
  const { accounts } = readCommunigate(
    "{ isp = { authName=d; domain=p; password=x; period=300; Special=X-Real-To; }; }",
  );
  expect(accounts).toMatchObject([
    { receiver: { kind: "domain", people: [] }, keys: { specialHeader: "X-Real-To", pollEvery: "300s" } },
  ]);
});

test("what stands before a slip is read; the slip is told, its values are not", () => {
  const { accounts, notes } = readCommunigate(
    '{ a = { authName=a; domain=p; password=x; };\n b = { password="s3cret; }; }',
  );
  expect(accounts.map(({ login }) => login)).toEqual(["a"]);
  expect(notes).toMatchObject([
    { code: "not-understood", line: 2, params: { text: "b" } },
    { code: "no-login" },
  ]);
  expect(JSON.stringify(notes)).not.toContain("s3cret");
});

test("whatever stands there, nothing is thrown", () => {
  const parts = fc.constantFrom(
    ...'{ } ( ) [ ] = ; , " # a \\ // /* */ #NULL# RPOP authName domain'.split(" "),
  );
  fc.assert(fc.property(fc.array(parts), (text) => void readCommunigate(text.join(" "))));
  fc.assert(fc.property(fc.string(), (text) => void readCommunigate(text)));
  expect(readCgpText("(".repeat(100_000)).stoppedAt).toBe(1);
});

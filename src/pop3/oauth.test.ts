import { expect, test } from "vitest";
import { oauthBearer, oauthPossible, xoauth2 } from "./oauth.ts";
import { SaslFault } from "./sasl.ts";

test("OAUTHBEARER (RFC 7628, section 4.1)", () => {
  const token = Buffer.from("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
  const peer = { host: "server.example.com", port: 143 };
  const { initial } = oauthBearer(Buffer.from("user@example.com"), token, peer);
  expect(initial?.toString("base64")).toBe(
    "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB",
  );
});

test("OAUTHBEARER escapes a name (RFC 5801, section 4)", () => {
  const { initial } = oauthBearer(Buffer.from("a=b,é"), Buffer.from("t"), { host: "h", port: 1 });
  expect(initial?.toString()).toBe("n,a=a=3Db=2Cé,\x01host=h\x01port=1\x01auth=Bearer t\x01\x01");
});

test("XOAUTH2 (the example of Google's description)", () => {
  const { initial } = xoauth2(
    Buffer.from("someuser@example.com"),
    Buffer.from("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"),
  );
  expect(initial?.toString("base64")).toBe(
    "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==",
  );
});

test.each([
  { mechanism: xoauth2(Buffer.from("u"), Buffer.from("t")), answer: "" },
  { mechanism: oauthBearer(Buffer.from("u"), Buffer.from("t"), { host: "h", port: 1 }), answer: "\x01" },
])("$mechanism.name: an error is kept, answered, and ends all hope", async ({ mechanism, answer }) => {
  expect(mechanism.isDone()).toBe(true);
  expect(mechanism.remark?.()).toBeNull();
  expect((await mechanism.respond(Buffer.from('{"status":"401"}\n'))).toString()).toBe(answer);
  expect(mechanism.remark?.()).toBe('{"status":"401"}');
  expect(mechanism.isDone()).toBe(false);
  await expect(mechanism.respond(Buffer.alloc(0))).rejects.toThrow(SaslFault);
});

test.each([
  ["user@example.com", "ya29.a-b_c~d+e/f==", true],
  ["ü", "t", true],
  ["u\x01", "t", false],
  ["u", "t\x01auth=Bearer x", false],
  ["u", "t\x7f", false],
  ["u", "t\t", false],
])("%j with %j can be sent: %s", (user, token, possible) => {
  expect(oauthPossible(Buffer.from(user), Buffer.from(token))).toBe(possible);
});

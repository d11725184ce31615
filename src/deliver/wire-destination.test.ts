import { expect, test } from "vitest";
import { parseWireDestination, placeText } from "./wire-destination.ts";

const read = [
  ["lmtp://mail.example", "lmtp mail.example:24 off"],
  ["LMTP://mail.example:2424/", "lmtp mail.example:2424 off"],
  ["lmtp://[::1]:24", "lmtp [::1]:24 off"],
  ["lmtp://127.0.0.1?tls=required&caFile=/etc/ca.pem", "lmtp 127.0.0.1:24 required ca=/etc/ca.pem"],
  ["lmtp+unix:/run/dovecot/lmtp", "lmtp /run/dovecot/lmtp off"],
  ["lmtp+unix:/run/a?b c", "lmtp /run/a?b c off"],
  ["smtp://mx.example", "smtp mx.example:25 opportunistic"],
  ["smtp://mx_1.internal:2525?tls=off", "smtp mx_1.internal:2525 off"],
  ["smtp://日本語.example", "smtp 日本語.example:25 opportunistic"],
  ["smtp://mx.example?tlsServerName=mail.example", "smtp mx.example:25 opportunistic name=mail.example"],
  ["smtp://alice@mx.example?passwordFile=/etc/p", "smtp mx.example:25 required alice file=/etc/p"],
  [
    "smtp://alice%40example.com@mx.example?tls=required&passwordEnv=P",
    "smtp mx.example:25 required alice@example.com env=P",
  ],
  ["smtps://a%20b@[2001:db8::1]?passwordFile=/a%26b", "smtp [2001:db8::1]:465 implicit a b file=/a&b"],
  ["smtps://mx.example", "smtp mx.example:465 implicit"],
] as const;

test.each(read)("%s", (text, meaning) => {
  const parsed = parseWireDestination(text);
  if (!parsed.ok) throw new Error(parsed.mistake.code);
  const { protocol, place, tls, caFile, tlsServerName, login } = parsed.value;
  const words = [protocol, placeText(place), tls];
  if (caFile !== null) words.push(`ca=${caFile}`);
  if (tlsServerName !== null) words.push(`name=${tlsServerName}`);
  if (login?.password.kind === "file") words.push(login.user, `file=${login.password.path}`);
  if (login?.password.kind === "env") words.push(login.user, `env=${login.password.name}`);
  expect(words.join(" ")).toBe(meaning);
});

const mistakes = [
  ["lmtp:mail.example", "destination-form"],
  ["lmtp://", "destination-host"],
  ["lmtp://mail.example/inbox", "destination-form"],
  ["lmtp://mail example", "destination-host"],
  ["lmtp://-x.example", "destination-host"],
  ["lmtp://::1", "destination-host"],
  ["lmtp://[::1", "destination-host"],
  ["lmtp://[mail.example]:24", "destination-host"],
  ["lmtp://mail.example:", "destination-port"],
  ["lmtp://mail.example:0", "destination-port"],
  ["lmtp://mail.example:65536", "destination-port"],
  ["lmtp://mail.example:2x", "destination-port"],
  ["lmtp://alice@mail.example", "destination-no-user"],
  ["lmtp://mail.example?passwordFile=/p", "destination-option"],
  ["lmtp+unix:run/lmtp", "destination-socket"],
  ["lmtp+unix:", "destination-socket"],
  ["lmtp+unix:/run/", "destination-socket"],
  [`lmtp+unix:/${"x".repeat(107)}`, "destination-socket"],
  ["smtp://alice:secret@mx.example", "destination-password-in-text"],
  ["smtp://alice@mx.example?password=secret", "destination-password-in-text"],
  ["smtp://alice@mx.example", "destination-needs-password"],
  ["smtp://@mx.example?passwordFile=/p", "destination-form"],
  ["smtp://a%0Ab@mx.example?passwordFile=/p", "destination-form"],
  ["smtp://a%zz@mx.example?passwordFile=/p", "destination-form"],
  ["smtp://mx.example?passwordFile=/p", "destination-needs-user"],
  ["smtp://a@mx.example?passwordFile=/p&passwordEnv=P", "destination-two-passwords"],
  ["smtp://a@mx.example?passwordFile=p", "destination-option-path"],
  ["smtp://a@mx.example?passwordFile=/p&tls=off", "destination-user-tls"],
  ["smtp://a@mx.example?passwordFile=/p&tls=opportunistic", "destination-user-tls"],
  ["smtp://mx.example?tls=yes", "destination-tls"],
  ["smtp://mx.example?tls=off&tls=off", "destination-option-twice"],
  ["smtp://mx.example?tls", "destination-option-empty"],
  ["smtp://mx.example?caFile=%", "destination-option-empty"],
  ["smtp://mx.example?port=26", "destination-option"],
  ["smtp://mx.example?", null],
  ["smtp://mx.example?&", "destination-option"],
  ["smtps://mx.example?tls=off", "destination-option"],
  ["smtp://mx.example\r\nRCPT TO", "destination-form"],
  ["imap://mail.example/INBOX", "destination-form"],
] as const;

test.each(mistakes)("%j: %s", (text, code) => {
  const parsed = parseWireDestination(text);
  expect(parsed.ok ? null : parsed.mistake.code).toBe(code);
});

import { expect, test } from "vitest";
import { readServerAddress } from "./server-address.ts";

const cases = [
  { text: "pop.example.com", tls: "implicit", address: { host: "pop.example.com", port: 995 } },
  { text: "pop.example.com", tls: "off", address: { host: "pop.example.com", port: 110 } },
  { text: "pop.example.com", tls: "starttls", address: { host: "pop.example.com", port: 110 } },
  { text: "pop.provider.com:9786", tls: "implicit", address: { host: "pop.provider.com", port: 9786 } },
  { text: "POP.Example.COM.", tls: "off", address: { host: "pop.example.com", port: 110 } },
  { text: "127.0.0.1:1110", tls: "off", address: { host: "127.0.0.1", port: 1110 } },
  { text: "[2001:DB8::1]:1110", tls: "off", address: { host: "2001:db8::1", port: 1110 } },
  { text: "[::1]", tls: "implicit", address: { host: "::1", port: 995 } },
  { text: "2001:db8::1", tls: "off", address: { host: "2001:db8::1", port: 110 } },
  { text: "メール.example", tls: "off", address: { host: "xn--4dkua4c.example", port: 110 } },
  { text: "pop_1.internal", tls: "off", address: { host: "pop_1.internal", port: 110 } },
  { text: "pop.example.com:0", tls: "off", address: "port" },
  { text: "pop.example.com:65536", tls: "off", address: "port" },
  { text: "pop.example.com:", tls: "off", address: "port" },
  { text: "pop.example.com:pop3", tls: "off", address: "port" },
  { text: "[::1]:x", tls: "off", address: "port" },
  { text: "po p.example.com", tls: "off", address: "host" },
  { text: "pop.example.com/inbox", tls: "off", address: "host" },
  { text: "pop3://pop.example.com", tls: "off", address: "host" },
  { text: "", tls: "off", address: "host" },
  { text: "[nonsense]", tls: "off", address: "host" },
  { text: "-bad.example", tls: "off", address: "host" },
] as const;

test.each(cases)("$text with TLS $tls", ({ text, tls, address }) => {
  expect(readServerAddress(text, tls)).toEqual(address);
});

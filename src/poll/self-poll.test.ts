import { expect, test } from "vitest";
import { type AddressPolicy, refuseAddress } from "./self-poll.ts";

const user: AddressPolicy = {
  allowSelfPoll: false,
  allowPrivateHosts: false,
  ownAddresses: ["203.0.113.5", "2001:db8:5::5"],
  setByAdministrator: false,
};
const administrator = { ...user, setByAdministrator: true };

const cases: { address: string; what: string; user: string; administrator: string }[] = [
  { address: "8.8.8.8", what: "a public address", user: "goes on", administrator: "goes on" },
  { address: "2a00:1450::1", what: "a public address", user: "goes on", administrator: "goes on" },
  { address: "127.0.0.1", what: "loopback", user: "self-poll", administrator: "self-poll" },
  { address: "127.255.0.9", what: "all of 127/8 is loopback", user: "self-poll", administrator: "self-poll" },
  { address: "::1", what: "loopback", user: "self-poll", administrator: "self-poll" },
  {
    address: "0.0.0.0",
    what: "unspecified reaches ourselves",
    user: "self-poll",
    administrator: "self-poll",
  },
  { address: "::", what: "unspecified reaches ourselves", user: "self-poll", administrator: "self-poll" },
  { address: "::ffff:127.0.0.1", what: "mapped loopback", user: "self-poll", administrator: "self-poll" },
  {
    address: "64:ff9b::7f00:1",
    what: "loopback behind NAT64",
    user: "self-poll",
    administrator: "self-poll",
  },
  { address: "2002:7f00:1::", what: "loopback behind 6to4", user: "self-poll", administrator: "self-poll" },
  {
    address: "::7f00:1",
    what: "loopback, the old compatible form",
    user: "self-poll",
    administrator: "self-poll",
  },
  {
    address: "203.0.113.5",
    what: "an address of an interface",
    user: "self-poll",
    administrator: "self-poll",
  },
  { address: "::ffff:203.0.113.5", what: "the same, mapped", user: "self-poll", administrator: "self-poll" },
  {
    address: "2001:db8:5:0::5",
    what: "an interface's, written otherwise",
    user: "self-poll",
    administrator: "self-poll",
  },
  { address: "10.1.2.3", what: "private", user: "private-host", administrator: "goes on" },
  { address: "172.31.255.1", what: "private", user: "private-host", administrator: "goes on" },
  { address: "192.168.1.1", what: "private", user: "private-host", administrator: "goes on" },
  {
    address: "169.254.169.254",
    what: "link-local, the metadata service",
    user: "private-host",
    administrator: "goes on",
  },
  { address: "100.64.0.1", what: "carrier-grade NAT", user: "private-host", administrator: "goes on" },
  { address: "fd00::1", what: "unique local", user: "private-host", administrator: "goes on" },
  {
    address: "fe80::1%eth0",
    what: "link-local with its zone",
    user: "private-host",
    administrator: "goes on",
  },
  { address: "::ffff:10.0.0.1", what: "mapped private", user: "private-host", administrator: "goes on" },
  { address: "64:ff9b::a00:1", what: "private behind NAT64", user: "private-host", administrator: "goes on" },
  { address: "2002:a00:1::", what: "private behind 6to4", user: "private-host", administrator: "goes on" },
];

const verdict = (address: string, policy: AddressPolicy) =>
  refuseAddress(address, "pop.example", policy)?.code ?? "goes on";

test.each(cases)("$address ($what): $user for users, $administrator for administrators", (one) => {
  expect(verdict(one.address, user)).toBe(one.user);
  expect(verdict(one.address, administrator)).toBe(one.administrator);
});

test("allowSelfPoll lets an administrator's record into loopback, a user's only with allowPrivateHosts", () => {
  expect(verdict("127.0.0.1", { ...administrator, allowSelfPoll: true })).toBe("goes on");
  expect(verdict("127.0.0.1", { ...user, allowSelfPoll: true })).toBe("private-host");
  expect(verdict("127.0.0.1", { ...user, allowSelfPoll: true, allowPrivateHosts: true })).toBe("goes on");
});

test("a refusal is the account's, for good, and never names the host's network to others", () => {
  const refused = refuseAddress("10.0.0.1", "pop.example", user);
  expect(refused).toMatchObject({ scope: "account", permanent: true, params: { host: "pop.example" } });
  expect(Object.keys(refused?.params ?? {})).toEqual(["host"]);
});

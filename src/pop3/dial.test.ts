/** Reaching a host: addresses, guard, source address, and the names of what goes wrong. */
import { connect, createServer, Socket } from "node:net";
import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { playDialogue } from "../../test/support/pop3-dialogue.ts";
import { failure } from "../core/failure.ts";
import { Pop3Client } from "./client.ts";
import { type ConnectOptions, type DialTarget, peerOf } from "./dial.ts";
import type { HostAddress } from "./lookup.ts";
import { brokenFailure, connectFailure, lookupFailure, tlsFailure } from "./network-failure.ts";

const v4 = (address: string): HostAddress => ({ address, family: 4 });
const v6 = (address: string): HostAddress => ({ address, family: 6 });
const named = (host: string, options: ConnectOptions): ConnectOptions => ({
  ...options,
  endpoint: { ...options.endpoint, host },
});
const error = (code: string) => Object.assign(new Error(`${code} happened`), { code });
const refusal = failure("private-host", "account", { permanent: true });

async function connectError(options: ConnectOptions): Promise<unknown> {
  return Pop3Client.connect(options).then(
    (client) => {
      client.destroy();
      return "connected";
    },
    (error) => error.failure,
  );
}

test("a name is looked up, a literal is not", async () => {
  const asked: string[] = [];
  const lookup = async (host: string) => {
    asked.push(host);
    return [v4("127.0.0.1")];
  };
  for (const host of ["pop.isp.example", "127.0.0.1"]) {
    await using server = await playDialogue(["S: +OK"]);
    await using client = await Pop3Client.connect({ ...named(host, server), lookup });
    expect(client.remoteAddress).toBe("127.0.0.1");
  }
  expect(asked).toEqual(["pop.isp.example"]);
});

test("names are asked for in ASCII, brackets are taken off", async () => {
  const asked: string[] = [];
  const lookup = async (host: string) => {
    asked.push(host);
    return [v4("127.0.0.1")];
  };
  await using server = await playDialogue(["S: +OK"]);
  await using _client = await Pop3Client.connect({ ...named("пример.example", server), lookup });
  expect(asked).toEqual(["xn--e1afmkfd.example"]);
  expect(peerOf({ host: "[::1]", port: 110, tls: "off" })).toEqual({ host: "::1", port: 110 });
});

test("the next address is tried when one refuses", async () => {
  await using server = await playDialogue(["S: +OK"]);
  const lookup = async () => [v4("127.0.0.2"), v4("127.0.0.1")];
  await using client = await Pop3Client.connect({ ...named("pop.isp.example", server), lookup });
  expect(client.remoteAddress).toBe("127.0.0.1");
});

/** Sockets to these addresses never come to anything. */
const silentAt =
  (...silent: string[]) =>
  (target: DialTarget): Socket =>
    silent.includes(target.host) ? new Socket() : connect(target);

test("the next address is tried when one is silent for a quarter of a second; the first to answer wins", async () => {
  await using server = await playDialogue(["S: +OK"]);
  const clock = new ManualClock();
  const lookup = async () => [v6("2001:db8::1"), v4("192.0.2.1"), v4("127.0.0.1")];
  const openSocket = silentAt("2001:db8::1", "192.0.2.1");
  const connecting = Pop3Client.connect({ ...named("pop.isp.example", server), lookup, clock, openSocket });
  for (let address = 0; address < 2; address++) {
    await clock.armed(250);
    clock.advance(250);
  }
  await using client = await connecting;
  expect(client.remoteAddress).toBe("127.0.0.1");
  expect(clock.timers).toBe(0);
});

test("what a host answered tells more than an address we have no way to", async () => {
  const server = await playDialogue([]);
  await server[Symbol.asyncDispose]();
  const lookup = async () => [v6("2001:db8::1"), v4("127.0.0.1")];
  const openSocket = (target: DialTarget) => {
    if (target.family === 4) return connect(target);
    const socket = new Socket();
    setImmediate(() => socket.emit("error", error("ENETUNREACH")));
    return socket;
  };
  const options = { ...named("pop.isp.example", server), lookup, openSocket };
  expect(await connectError(options)).toMatchObject({ code: "host-unreachable", scope: "host" });
});

test("no way to any address is our own trouble (R-9)", async () => {
  await using server = await playDialogue([]);
  const openSocket = () => {
    throw error("ENETUNREACH");
  };
  expect(await connectError({ ...server, openSocket })).toMatchObject({ code: "no-route", scope: "local" });
});

test("the guard sees the address before a byte of ours, and before it is dialled", async () => {
  const seen: string[] = [];
  let connections = 0;
  const server = createServer(() => {
    connections++;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const guard = (remote: string) => {
    seen.push(remote);
    return refusal;
  };
  const options = {
    endpoint: { host: "127.0.0.1", port, tls: "implicit" as const },
    clock: new ManualClock(),
    guard,
  };
  expect(await connectError(options)).toEqual(refusal);
  expect(seen).toEqual(["127.0.0.1"]);
  expect(connections).toBe(0);
  await new Promise((resolve) => server.close(resolve));
});

test("a guard that lets the address pass, but not the connection: nothing is said (R-55)", async () => {
  await using server = await playDialogue(["gone"], { endpoint: "off" });
  let asked = 0;
  const guard = () => (++asked === 1 ? null : refusal);
  expect(await connectError({ ...server, guard })).toEqual(refusal);
  await server.done;
  expect(server.said).toEqual([]);
});

test("an address that the guard refuses is left out, the others are tried", async () => {
  await using server = await playDialogue(["S: +OK"]);
  const lookup = async () => [v4("127.0.0.2"), v4("127.0.0.1")];
  const guard = (address: string) => (address === "127.0.0.2" ? refusal : null);
  await using client = await Pop3Client.connect({ ...named("pop.isp.example", server), lookup, guard });
  expect(client.remoteAddress).toBe("127.0.0.1");
});

const onlyFrom = (ipv4: string) => ({ ipv4, ipv6: null, only: true });

test("the source address is used; addresses of the other family are not tried", async () => {
  await using server = await playDialogue(["S: +OK"]);
  const events: string[] = [];
  const transcript = {
    line: () => {},
    link: (event: { kind: string; localAddress?: string }) => {
      if (event.kind === "connected") events.push(event.localAddress ?? "");
    },
  };
  const lookup = async () => [v6("::1"), v4("127.0.0.1")];
  const options = { ...named("pop.isp.example", server), lookup, source: onlyFrom("127.0.0.3"), transcript };
  await using _client = await Pop3Client.connect(options);
  expect(events).toEqual(["127.0.0.3"]);
});

test("a source address without a partner", async () => {
  await using server = await playDialogue([]);
  const lookup = async () => [v6("::1")];
  const options = { ...named("pop.isp.example", server), lookup, source: onlyFrom("127.0.0.3") };
  expect(await connectError(options)).toMatchObject({ code: "source-address", scope: "account" });
});

test("a source address that is not ours is our own trouble (R-9)", async () => {
  await using server = await playDialogue([]);
  expect(await connectError({ ...server, source: onlyFrom("192.0.2.1") })).toMatchObject({
    code: "source-address",
    scope: "local",
    params: { address: "192.0.2.1" },
  });
});

test("nobody listens", async () => {
  const server = await playDialogue([]);
  await server[Symbol.asyncDispose]();
  const { host, port } = server.endpoint;
  expect(await connectError(server)).toMatchObject({
    code: "host-unreachable",
    scope: "host",
    permanent: false,
    params: { host, port, detail: "ECONNREFUSED" },
  });
});

test("a name without addresses", async () => {
  await using server = await playDialogue([]);
  expect(await connectError({ ...named("x.example", server), lookup: async () => [] })).toMatchObject({
    code: "dns",
    scope: "host",
  });
});

test("a resolver that is silent is given up after 10 seconds, and is our own trouble", async () => {
  await using server = await playDialogue([]);
  const clock = new ManualClock();
  const lookup = () => new Promise<never>(() => {});
  const outcome = connectError({ ...named("x.example", server), lookup, clock });
  await clock.armed(10_000);
  clock.advance(10_000);
  expect(await outcome).toMatchObject({ code: "dns", scope: "local", params: { detail: "TIMEOUT" } });
});

test("an answer that comes after the time-out is nobody's unhandled rejection", async () => {
  await using server = await playDialogue([]);
  const clock = new ManualClock();
  let late: (error: Error) => void = () => {};
  const lookup = () =>
    new Promise<never>((_, reject) => {
      late = reject;
    });
  const outcome = connectError({ ...named("x.example", server), lookup, clock });
  await clock.armed(10_000);
  clock.advance(10_000);
  await outcome;
  late(new Error("late"));
  await tick();
});

test("connecting has one deadline for all addresses (R-28)", async () => {
  const clock = new ManualClock();
  const endpoint = { host: "x.example", port: 110, tls: "off" as const };
  const lookup = async () => [v4("192.0.2.1"), v4("192.0.2.2"), v4("192.0.2.3")];
  const opened: Socket[] = [];
  const openSocket = () => {
    const socket = new Socket();
    opened.push(socket);
    return socket;
  };
  const outcome = connectError({ endpoint, clock, lookup, openSocket });
  await clock.armed(250);
  clock.advance(30_000);
  expect(await outcome).toMatchObject({
    code: "timeout",
    scope: "host",
    params: { phase: "connect", timeoutMs: 30_000 },
  });
  expect(opened.map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
  expect(clock.timers).toBe(0);
});

const peer = { host: "pop.isp.example", port: 110 };

test.each([
  ["ENOTFOUND", { code: "dns", scope: "host" }],
  ["ENODATA", { code: "dns", scope: "host" }],
  ["EAI_AGAIN", { code: "dns", scope: "local" }],
  ["ESERVFAIL", { code: "dns", scope: "local" }],
  ["EMFILE", { code: "out-of-descriptors", scope: "local" }],
])("lookup: %s", (code, expected) => {
  expect(lookupFailure(error(code), peer)).toMatchObject({ permanent: false, ...expected });
});

test.each([
  ["ECONNREFUSED", undefined, { code: "host-unreachable", scope: "host" }],
  ["EHOSTUNREACH", undefined, { code: "host-unreachable", scope: "host" }],
  ["ETIMEDOUT", undefined, { code: "host-unreachable", scope: "host" }],
  ["ENETUNREACH", undefined, { code: "no-route", scope: "local" }],
  ["EPERM", undefined, { code: "no-route", scope: "local" }],
  ["EMFILE", undefined, { code: "out-of-descriptors", scope: "local" }],
  ["EADDRNOTAVAIL", undefined, { code: "out-of-descriptors", scope: "local" }],
  ["EADDRNOTAVAIL", "192.0.2.1", { code: "source-address", scope: "local" }],
  ["EINVAL", "192.0.2.1", { code: "source-address", scope: "local" }],
])("connect: %s from %s", (code, localAddress, expected) => {
  expect(connectFailure(error(code), peer, localAddress)).toMatchObject({ permanent: false, ...expected });
});

test.each([
  ["ECONNRESET", { code: "connection-lost", scope: "account", params: { detail: "ECONNRESET" } }],
  ["EPIPE", { code: "connection-lost", scope: "account" }],
  ["ENOBUFS", { code: "out-of-descriptors", scope: "local" }],
])("a connection that stood: %s", (code, expected) => {
  expect(brokenFailure(error(code), peer, "account")).toMatchObject({ permanent: false, ...expected });
});

test.each([
  ["CERT_HAS_EXPIRED", { code: "certificate", permanent: true }],
  ["ERR_TLS_CERT_ALTNAME_INVALID", { code: "certificate", permanent: true }],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", { code: "certificate", permanent: true }],
  ["ECONNRESET", { code: "tls", permanent: false }],
  ["ERR_SSL_WRONG_VERSION_NUMBER", { code: "tls", permanent: false }],
])("TLS: %s", (code, expected) => {
  expect(tlsFailure(error(code), peer, "")).toMatchObject({ scope: "account", ...expected });
});

function tick(): Promise<false> {
  return new Promise((resolve) => setImmediate(resolve, false as const));
}

test("a family without a source address of ours goes out as the system chooses, unless it may not", async () => {
  await using server = await playDialogue(["S: +OK"]);
  const lookup = async () => [v4("127.0.0.1")];
  const source = { ipv4: null, ipv6: "2001:db8::7", only: false };
  await using client = await Pop3Client.connect({ ...named("pop.isp.example", server), lookup, source });
  expect(client.remoteAddress).toBe("127.0.0.1");
});

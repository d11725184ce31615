/**
 * Where connections come from and where they may go, as the other side sees it (seed 14 to 16 and 19; spec 3, 5).
 */
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { startDovecot } from "../support/dovecot.ts";
import { startMsnProxy } from "../support/msn-proxy.ts";
import { startNameServer } from "../support/name-server.ts";
import { applyFile, rpop } from "../support/rpop.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { lacks } from "../support/tools.ts";
import { prepareWinbind } from "../support/winbind.ts";

/** Empty mailboxes of any login; tells from which address each login came. */
async function startWatcher() {
  const cameFrom = new Map<string, string>();
  const sockets = new Set<{ destroy(): void }>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.write("+OK ready\r\n");
    socket.setEncoding("latin1");
    let rest = "";
    socket.on("data", (text: string) => {
      const lines = (rest + text).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const login = /^USER (.*)$/.exec(line)?.[1];
        if (login !== undefined) cameFrom.set(login, socket.remoteAddress ?? "");
        socket.write(
          line.startsWith("STAT") ? "+OK 0 0\r\n" : /^(CAPA|UIDL)/.test(line) ? "+OK\r\n.\r\n" : "+OK\r\n",
        );
        if (line.startsWith("QUIT")) socket.end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    cameFrom,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const loopback = { allowSelfPoll: true, allowPrivateHosts: true, minFreeSpace: "1MB" };

test("the source address: the default, the domain's for its personal accounts, the account's own", async () => {
  await using watcher = await startWatcher();
  await using data = await temporaryDirectory("source");
  const at = (account: string, more: object = {}) => ({
    account,
    server: `127.0.0.1:${watcher.port}`,
    password: "x",
    tls: "off",
    ...more,
  });
  const file = (settings: object) => ({
    settings: { ...loopback, ...settings },
    domains: [
      {
        name: "example.com",
        main: true,
        ipAddresses: ["2001:db8::7", "127.0.0.3", "127.0.0.4"],
        accounts: [{ name: "ann", remoteAccounts: [at("ann"), at("own", { sourceAddress: "127.0.0.5" })] }],
      },
      { name: "bare.example", accounts: [{ name: "bob", remoteAccounts: [at("bob")] }] },
    ],
    unifiedAccounts: [at("all")],
  });
  const seen = async (settings: object) => {
    watcher.cameFrom.clear();
    await applyFile(data.path, file(settings));
    const { code, stdout, stderr } = await rpop(data.path, ["poll", "--all"]);
    expect(code, `${stdout}${stderr}`).toBe(0);
    return Object.fromEntries([...watcher.cameFrom].sort());
  };
  expect(await seen({})).toEqual({ all: "127.0.0.1", ann: "127.0.0.1", bob: "127.0.0.1", own: "127.0.0.5" });
  expect(await seen({ defaultIpAddress: "127.0.0.2" })).toEqual({
    all: "127.0.0.2",
    ann: "127.0.0.2",
    bob: "127.0.0.2",
    own: "127.0.0.5",
  });
  expect(await seen({ defaultIpAddress: "127.0.0.2", useDomainIpAddresses: true })).toEqual({
    all: "127.0.0.2",
    ann: "127.0.0.3",
    bob: "127.0.0.2",
    own: "127.0.0.5",
  });
});

test("self-poll is refused before a byte of login, whatever name or form leads here", async () => {
  await using watcher = await startWatcher();
  await using names = await startNameServer({ "pop.isp.example": "127.0.0.1", "other.example": "127.0.0.9" });
  await using data = await temporaryDirectory("self");
  const servers = ["127.0.0.1", "[::ffff:127.0.0.1]", "pop.isp.example", "other.example", "0.0.0.0"];
  await applyFile(data.path, {
    settings: { ...loopback, allowSelfPoll: false, dnsServers: [`127.0.0.1:${names.port}`] },
    domains: [
      {
        name: "example.com",
        main: true,
        accounts: [
          {
            name: "ann",
            remoteAccounts: servers.map((server, index) => ({
              account: `ann${index}`,
              server: `${server}:${watcher.port}`,
              password: "x",
              tls: "off",
            })),
          },
        ],
      },
    ],
  });
  expect((await rpop(data.path, ["poll", "--all"])).code).toBe(1);
  const { stdout } = await rpop(data.path, ["remote", "list", "--json"]);
  const list = JSON.parse(stdout) as { lastCode: string }[];
  expect(list.map(({ lastCode }) => lastCode)).toEqual(servers.map(() => "self-poll"));
  expect([...watcher.cameFrom]).toEqual([]);
  expect(names.asked).toContain("pop.isp.example");
});

test("a name that the name servers do not know", async () => {
  await using names = await startNameServer({});
  await using data = await temporaryDirectory("dns");
  await applyFile(data.path, {
    settings: { ...loopback, dnsServers: [`127.0.0.1:${names.port}`] },
    domains: [
      {
        name: "example.com",
        main: true,
        accounts: [
          {
            name: "ann",
            remoteAccounts: [{ account: "ann", server: "pop.nowhere.example", password: "x", tls: "off" }],
          },
        ],
      },
    ],
  });
  const { code, stderr } = await rpop(data.path, ["poll", "--all"]);
  expect(code).toBe(75);
  expect(stderr).toContain("No server has the name pop.nowhere.example");
});

describe.skipIf(lacks("dovecot", "openssl", "ntlm_auth"))("a host named msn.com", () => {
  test("is logged in to by AUTH MSN, the name mapped by a name server", async () => {
    await using winbind = await prepareWinbind("pw");
    await using dovecot = await startDovecot({
      users: [],
      mechanisms: ["plain", "ntlm"],
      extraConfig: winbind.dovecotConfig,
    });
    await using proxy = await startMsnProxy(dovecot.pop3Port);
    await using names = await startNameServer({ "pop3.email.msn.com": "127.0.0.1" });
    await using data = await temporaryDirectory("msn");
    await applyFile(data.path, {
      settings: { ...loopback, dnsServers: [`127.0.0.1:${names.port}`] },
      domains: [
        {
          name: "example.com",
          main: true,
          accounts: [
            {
              name: "ann",
              remoteAccounts: [
                {
                  account: "ann@example.com",
                  server: `POP3.email.MSN.com:${proxy.port}`,
                  password: "pw",
                  tls: "off",
                  allowPlain: true,
                },
              ],
            },
          ],
        },
      ],
    });
    const { code, stdout, stderr } = await rpop(data.path, ["check", "--all", "--json"]);
    expect(code, `${stdout}${stderr}`).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ ok: true, method: "msn" }]);
    expect(proxy.lines).toContain("AUTH MSN");
  });
});

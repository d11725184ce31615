/**
 * `rpop serve` as people run it: a process of its own, other commands beside it, stopped and killed.
 */
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MemoryMaildrop, storedMessage } from "../../src/demo/maildrop.ts";
import { startProvider } from "../../src/demo/provider.ts";
import { deliveredIn } from "../support/delivered.ts";
import { freePort } from "../support/free-port.ts";
import { applyFile, type RunningRpop, rpop, startRpop } from "../support/rpop.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../support/temporary-directory.ts";

const logins = ["ann", "bob", "cas", "dee"];

interface World extends AsyncDisposable {
  readonly data: TemporaryDirectory;
  /** What to apply. */
  readonly file: object;
  /** Puts a message into every maildrop. */
  arrive(): void;
  /** Subjects that were put there, by login. */
  readonly arrived: ReadonlyMap<string, string[]>;
  /** Starts the server; resolves when it has said that it is ready. */
  serve(more?: readonly string[]): Promise<RunningRpop & { readonly url: string }>;
  /** Subjects in the Maildirs, sorted, by login. */
  delivered(): Promise<Map<string, string[]>>;
}

async function world(leaveOnServer: boolean): Promise<World> {
  const data = await temporaryDirectory("serve");
  const maildrops = new Map(logins.map((login) => [login, new MemoryMaildrop()]));
  const arrived = new Map<string, string[]>(logins.map((login) => [login, []]));
  const provider = await startProvider({
    accounts: (login) => {
      const maildrop = maildrops.get(login);
      return maildrop && { password: "secret", maildrop };
    },
  });
  const file = {
    settings: { allowSelfPoll: true, minFreeSpace: "1MB" },
    domains: [
      {
        name: "example.com",
        main: true,
        accounts: logins.map((name) => ({
          name,
          remoteAccounts: [
            {
              account: name,
              server: `127.0.0.1:${provider.port}`,
              password: "secret",
              tls: "off",
              pollEvery: "1s",
              leaveOnServer,
            },
          ],
        })),
      },
    ],
  };
  await applyFile(data.path, file);
  const running: RunningRpop[] = [];
  let count = 0;
  return {
    data,
    file,
    arrived,
    arrive() {
      count++;
      for (const [login, maildrop] of maildrops) {
        const subject = `${login} ${String(count).padStart(4, "0")}`;
        maildrop.add(
          storedMessage(`uid-${count}`, Buffer.from(`Subject: ${subject}\n\n${"text ".repeat(200)}\n`)),
        );
        arrived.get(login)?.push(subject);
      }
    },
    async serve(more = []) {
      const started = startRpop(data.path, ["serve", "--http", "127.0.0.1:0", "--json", ...more]);
      running.push(started);
      while (!started.said.stdout.includes("\n")) {
        const ended = started.outcome.then((outcome) => {
          throw new Error(`serve ended with ${outcome.code}: ${outcome.stderr}`);
        });
        await Promise.race([once(started.child.stdout ?? started.child, "data"), ended]);
      }
      const { http } = JSON.parse(started.said.stdout) as { http: string };
      return { ...started, url: `http://${http}` };
    },
    async delivered() {
      const found = new Map<string, string[]>();
      for (const login of logins) {
        const subjects: string[] = [];
        for await (const { message } of deliveredIn(join(data.path, "mail", `${login}@example.com`))) {
          subjects.push(/^Subject: (.*)$/m.exec(message.toString("latin1"))?.[1] ?? "");
        }
        found.set(login, subjects.sort());
      }
      return found;
    },
    async [Symbol.asyncDispose]() {
      for (const { child, outcome } of running) {
        child.kill("SIGKILL");
        await outcome;
      }
      await provider.stop();
      await data[Symbol.asyncDispose]();
    },
  };
}

/** Looks again and again, each time by way of the program, until it is as wanted. */
async function until(wanted: () => Promise<boolean>): Promise<void> {
  while (!(await wanted()));
}

test("serves while other commands work beside it; stops in good order; nothing lost, nothing twice", async () => {
  await using w = await world(true);
  const server = await w.serve();
  for (let round = 0; round < 4; round++) {
    w.arrive();
    const [poll, check, applied, queue, status, list] = await Promise.all([
      rpop(w.data.path, ["poll", "--all", "--quiet"]),
      rpop(w.data.path, ["check", "ann", "--json"]),
      applyFile(w.data.path, { ...w.file, settings: { channels: 20 + round } }),
      rpop(w.data.path, ["queue", "list", "--json"]),
      rpop(w.data.path, ["status", "--json"]),
      rpop(w.data.path, ["remote", "list", "--json"]),
    ]);
    expect(poll).toMatchObject({ code: 0, stderr: "" });
    // A login beside a visit may be refused as in use, by the provider: that is no error of ours.
    expect([0, 75]).toContain(check.code);
    expect(applied).toBeUndefined();
    expect(queue).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(status.stdout)).toMatchObject({ server: { pid: server.child.pid, pause: null } });
    // The visit that met the login of `check` says so, at most that one.
    const rows = JSON.parse(list.stdout) as { lastCode: string | null }[];
    const refused = rows.flatMap(({ lastCode }) => lastCode ?? []);
    expect([[], ["in-use"]]).toContainEqual(refused);
  }
  const health = await fetch(`${server.url}/health`);
  expect(health.status).toBe(200);
  expect(await health.json()).toMatchObject({ status: "ok", database: true });
  expect(await (await fetch(`${server.url}/ready`)).json()).toEqual({ ready: true, codes: [] });
  server.child.kill("SIGTERM");
  expect(await server.outcome).toMatchObject({ code: 0, stderr: "" });
  expect((await rpop(w.data.path, ["poll", "--all", "--quiet"])).code).toBe(0);
  expect(await w.delivered()).toEqual(w.arrived);
  expect(JSON.parse((await rpop(w.data.path, ["status", "--json"])).stdout)).toMatchObject({
    server: null,
    processes: [],
  });
});

test("mail comes by itself, on schedule", async () => {
  await using w = await world(false);
  await w.serve();
  w.arrive();
  await until(async () => {
    const { stdout } = await rpop(w.data.path, ["status"]);
    expect(stdout).toMatch(/^Next visit +(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d$/m);
    return [...(await w.delivered()).values()].every((subjects) => subjects.length === 1);
  });
  expect(await w.delivered()).toEqual(w.arrived);
});

test("outside of the schedule the server holds mail by SMTP; it goes as soon as the schedule is always", async () => {
  await using w = await world(false);
  const destination = `smtp://127.0.0.1:${await freePort()}?tls=off`;
  await applyFile(w.data.path, {
    settings: { activitySchedule: { windows: [] } },
    domains: [{ name: "example.com", accounts: [{ name: "ann", destination }] }],
  });
  const entries = async () => {
    const { stdout } = await rpop(w.data.path, ["queue", "list", "--json"]);
    return JSON.parse(stdout) as { attempts: number; nextTry: string; failure: { code: string } | null }[];
  };
  const code = async () => (await entries())[0]?.failure?.code;

  w.arrive();
  await rpop(w.data.path, ["poll", "ann", "--quiet"]);
  expect(await entries()).toMatchObject([{ attempts: 1, failure: { code: "destination-unreachable" } }]);

  await w.serve();
  await rpop(w.data.path, ["queue", "retry", "--all"]);
  await until(async () => (await code()) === "outside-schedule");
  const [held] = await entries();
  const tomorrow = Date.now() + 12 * 3_600_000;
  expect(Date.parse(held?.nextTry ?? "")).toBeGreaterThan(tomorrow);

  await applyFile(w.data.path, { settings: { activitySchedule: "always" } });
  await until(async () => (await code()) === "destination-unreachable");
  const [attempted] = await entries();
  expect(attempted?.attempts).toBe((held?.attempts ?? 0) + 1);
  expect(Date.parse(attempted?.nextTry ?? "")).toBeLessThan(tomorrow);
}, 60_000);

test.each([true, false])(
  "killed and started again, over and over: nothing lost, nothing twice (leave on server: %s)",
  async (leaveOnServer) => {
    await using w = await world(leaveOnServer);
    for (let round = 0; round < 5; round++) {
      const server = await w.serve();
      for (let more = 0; more < 3; more++) w.arrive();
      if (round % 2 === 0) await rpop(w.data.path, ["poll", "ann", "--quiet"]);
      server.child.kill("SIGKILL");
      await server.outcome;
    }
    expect((await rpop(w.data.path, ["poll", "--all", "--quiet"])).code).toBe(0);
    expect(await w.delivered()).toEqual(w.arrived);
  },
);

test("a second server on one data directory is refused, the first goes on", async () => {
  await using w = await world(true);
  const server = await w.serve();
  const second = await rpop(w.data.path, ["serve", "--http", "127.0.0.1:0"]);
  expect(second).toMatchObject({ code: 75, stdout: "" });
  expect(second.stderr).toContain(`Process ${server.child.pid} serves this data directory already.`);
  expect((await fetch(`${server.url}/ready`)).status).toBe(200);
});

test("a port that is taken: one sentence, and the data directory is free again", async () => {
  await using w = await world(true);
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const refused = await rpop(w.data.path, ["serve", "--http", `127.0.0.1:${port}`]);
  taken.close();
  expect(refused).toMatchObject({ code: 75, stdout: "" });
  expect(refused.stderr).toContain(`Cannot listen on 127.0.0.1:${port} (EADDRINUSE).`);
  await w.serve();
});

test("an address that is none is a wrong command line", async () => {
  await using w = await world(true);
  expect(await rpop(w.data.path, ["serve", "--http", "nowhere"])).toMatchObject({ code: 64 });
});

test("SIGHUP and SIGUSR1 do not end it; no HTTP where none is wanted", async () => {
  await using w = await world(true);
  const port = await freePort();
  const started = startRpop(w.data.path, ["serve", "--http", "off"]);
  await once(started.child.stdout ?? started.child, "data");
  started.child.kill("SIGHUP");
  started.child.kill("SIGUSR1");
  await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
  const status = await rpop(w.data.path, ["status", "--json"]);
  expect(JSON.parse(status.stdout)).toMatchObject({ server: { pid: started.child.pid, http: null } });
  started.child.kill("SIGINT");
  expect(await started.outcome).toMatchObject({ code: 0, stderr: "" });
});

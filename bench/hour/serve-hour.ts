/**
 * `rpop serve` for an hour: 2,000 accounts at one-minute intervals on a sample provider and on Dovecot, mail coming in
 * all the time, faults switched on and off, commands run beside it. Watched from outside; at the end every message is
 * reckoned: none lost, none doubled.
 *
 * Writes samples (CSV), a picture (SVG) and a summary (Markdown) into the folder `--out`.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { plot, type Span } from "./plot.ts";
import { type Box, startWorld, type World, worldPassword } from "./world.ts";

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    accounts: { type: "string", default: "2000" },
    mails: { type: "string", default: "240" },
    out: { type: "string", default: "rpop-hour" },
    program: { type: "string", default: join(process.cwd(), "bin/rpop.js") },
  },
});
const minutes = Number(options.minutes);
const accounts = Number(options.accounts);
const mailsPerMinute = Number(options.mails);
const { program } = options;
const sampleEveryMs = 5000;
/** One machine's idea of an hour: shorter runs squeeze the faults. */
const scale = minutes / 60;

interface Fault {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  on(): Promise<unknown> | unknown;
  off(): Promise<unknown> | unknown;
}

interface Sample {
  readonly minute: number;
  readonly rssMiB: number;
  readonly cpuPercent: number;
  readonly visitsPerSecond: number;
  readonly queued: number;
  readonly marks: number;
}

const run = promisify(execFile);
const dataDir = mkdtempSync(join(tmpdir(), "rpop-hour-data-"));
mkdirSync(options.out, { recursive: true });
const world = await startWorld(accounts);
const put = new Map<string, Box>();
const troubles: string[] = [];
let exitCode = 1;
try {
  exitCode = await hour(world);
} finally {
  await world.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
process.exit(exitCode);

async function hour(world: World): Promise<number> {
  await apply(configuration(world, 1));
  const server = spawn(
    process.execPath,
    ["--max-semi-space-size=2", program, "--data", dataDir, "serve", "--http", "off"],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, LC_ALL: "C" },
    },
  );
  let said = "";
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  process.once("exit", () => server.kill("SIGKILL"));
  const ended = once(server, "exit");
  const pid = server.pid ?? 0;
  const started = performance.now();
  const minuteNow = () => (performance.now() - started) / 60_000;
  const faults = faultsOf(world);
  const fired = new Set<string>();
  const samples: Sample[] = [];
  let before = { at: performance.now(), cpu: cpuOf(pid), connections: world.counts().connections };
  let beside = 0;
  let lastBeside = 0;
  let serial = 0;
  while (minuteNow() < minutes) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    if (server.exitCode !== null) throw new Error(`the server ended:\n${said}`);
    const minute = minuteNow();
    for (const fault of faults) {
      await fire(fired, `${fault.label} on`, minute >= fault.from, fault.on);
      await fire(fired, `${fault.label} off`, minute >= fault.to, fault.off);
    }
    // Mail stops a little before the end, so that the last of it can arrive.
    const wanted = Math.min(minute, minutes - 3 * scale) * mailsPerMinute;
    for (; serial < wanted; serial++) await putOne(world, serial);
    if (performance.now() - before.at >= sampleEveryMs) {
      const now = { at: performance.now(), cpu: cpuOf(pid), connections: world.counts().connections };
      const seconds = (now.at - before.at) / 1000;
      const status = await statusNow();
      samples.push({
        minute,
        rssMiB: rssOf(pid),
        cpuPercent: ((now.cpu - before.cpu) / seconds) * 100,
        visitsPerSecond: (now.connections - before.connections) / seconds,
        queued: status.queued,
        marks: status.marks,
      });
      before = now;
    }
    if (minute - lastBeside >= 1) {
      lastBeside = minute;
      beside += await commandsBeside(beside);
    }
  }
  // The faults are over: what is left is delivered; a person would wait no longer than a few minutes.
  await run(process.execPath, [program, "--data", dataDir, "poll", "--all", "--quiet"]).catch(() => {});
  server.kill("SIGTERM");
  const stopped = performance.now();
  const [code] = await ended;
  const stopMs = performance.now() - stopped;
  const polled = await run(process.execPath, [program, "--data", dataDir, "poll", "--all", "--quiet"]).then(
    () => 0,
    (error: { code?: number }) => error.code ?? 1,
  );
  return report({ samples, faults, said, code, stopMs, polled, beside, sent: serial });
}

async function fire(fired: Set<string>, name: string, due: boolean, act: () => unknown): Promise<void> {
  if (!due || fired.has(name)) return;
  fired.add(name);
  console.log(`${new Date().toISOString()} ${name}`);
  await act();
}

async function putOne(world: World, serial: number): Promise<void> {
  // Neighbours of a prime's multiples: every mailbox gets some, in no order.
  const box = world.boxes[(serial * 7919) % world.boxes.length];
  if (box === undefined) return;
  const subject = `m${serial}`;
  put.set(subject, box);
  await world.put(box, subject);
}

function faultsOf(world: World): Fault[] {
  const refused = new Set(
    world.boxes.filter(({ at }, index) => at === "sample" && index % 20 === 0).map(({ login }) => login),
  );
  const at = (from: number, to: number) => ({ from: from * scale, to: to * scale });
  return [
    {
      label: "host down",
      ...at(5, 12),
      on: () => world.setSampleUp(false),
      off: () => world.setSampleUp(true),
    },
    {
      label: "wrong passwords",
      ...at(16, 23),
      on: () => world.setRefused(refused),
      off: () => world.setRefused(new Set()),
    },
    {
      label: "disk below the mark",
      ...at(26, 30),
      on: () => apply(configuration(world, 1000)),
      off: () => apply(configuration(world, 1)),
    },
    {
      label: "LMTP down",
      ...at(33, 52),
      on: () => world.setLmtpUp(false),
      off: () => world.setLmtpUp(true),
    },
  ];
}

function configuration(world: World, minFreeTerabytes: number): object {
  const byOwner = new Map<string, Box[]>();
  for (const box of world.boxes) byOwner.set(box.owner, [...(byOwner.get(box.owner) ?? []), box]);
  return {
    settings: {
      allowSelfPoll: true,
      allowPrivateHosts: true,
      channels: 100,
      channelsPerHost: 50,
      delayFailedHosts: "1m",
      delayFailedAccounts: "1m",
      minFreeSpace: minFreeTerabytes === 1 ? "100MB" : `${minFreeTerabytes}TB`,
    },
    domains: [
      {
        name: "example.com",
        main: true,
        accounts: [...byOwner].map(([name, boxes]) => ({
          name,
          ...(boxes[0]?.lmtp === true ? { destination: `lmtp://127.0.0.1:${world.lmtpPort}` } : {}),
          remoteAccounts: boxes.map(({ login, at }) => ({
            account: login,
            server: `127.0.0.1:${at === "sample" ? world.samplePort : world.dovecotPort}`,
            password: worldPassword,
            tls: "off",
            pollEvery: "1m",
          })),
        })),
      },
    ],
  };
}

async function apply(file: object): Promise<void> {
  const path = join(dataDir, "..", `${dataDir.split("/").at(-1)}.yaml`);
  writeFileSync(path, JSON.stringify(file));
  try {
    await run(process.execPath, [program, "--data", dataDir, "apply", path]);
  } finally {
    rmSync(path, { force: true });
  }
}

/** What a person does beside the server; every answer but a good one is trouble. */
async function commandsBeside(turn: number): Promise<number> {
  const box = world.boxes[(turn * 331) % world.boxes.length];
  const commands = [
    ["queue", "list", "--json"],
    ["remote", "list", "--json"],
    ["check", box?.login ?? "", "--json"],
    ["poll", box?.login ?? "", "--quiet"],
    ["status"],
  ];
  const command = commands[turn % commands.length] ?? [];
  const good = [0, 1, 75];
  try {
    await run(process.execPath, [program, "--data", dataDir, ...command], { maxBuffer: 1 << 28 });
  } catch (error) {
    const { code, stderr } = error as { code?: number; stderr?: string };
    // A check or a poll meets the fault of the moment: that is an answer too.
    if (!good.includes(code ?? -1) || /unexpected|database/.test(stderr ?? "")) {
      troubles.push(`rpop ${command.join(" ")}: exit ${code}: ${(stderr ?? "").slice(0, 300)}`);
    }
  }
  return 1;
}

async function statusNow(): Promise<{ queued: number; marks: number }> {
  const { stdout } = await run(process.execPath, [program, "--data", dataDir, "status", "--json"], {
    maxBuffer: 1 << 28,
  });
  const status = JSON.parse(stdout) as {
    queue: Record<string, number>;
    marks: { hosts: unknown[]; accounts: unknown[] };
  };
  const queued = (status.queue.queued ?? 0) + (status.queue.ready ?? 0) + (status.queue.sending ?? 0);
  return { queued, marks: status.marks.hosts.length + status.marks.accounts.length };
}

function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function rssOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) / 1024;
}

interface Outcome {
  readonly samples: readonly Sample[];
  readonly faults: readonly Fault[];
  readonly said: string;
  readonly code: unknown;
  readonly stopMs: number;
  readonly polled: number;
  readonly beside: number;
  readonly sent: number;
}

async function report(outcome: Outcome): Promise<number> {
  const arrived = new Map<string, number>();
  const note = (subject: string) => arrived.set(subject, (arrived.get(subject) ?? 0) + 1);
  for (const subject of await world.arrivedByLmtp()) note(subject);
  for (const { owner } of new Map(world.boxes.map((box) => [box.owner, box])).values()) {
    for (const part of ["new", "cur"]) {
      const folder = join(dataDir, "mail", `${owner}@example.com`, part);
      let names: string[] = [];
      try {
        names = readdirSync(folder);
      } catch {
        continue;
      }
      for (const name of names) {
        const text = readFileSync(join(folder, name), "latin1");
        note(/^Subject: (.*)$/m.exec(text)?.[1] ?? "none");
      }
    }
  }
  arrived.delete("none");
  const list = await run(process.execPath, [program, "--data", dataDir, "queue", "list", "--json"], {
    maxBuffer: 1 << 28,
  });
  const entries = JSON.parse(list.stdout) as { subject: string | null }[];
  const waiting = new Set(entries.map(({ subject }) => subject ?? ""));
  const lost = [...put.keys()].filter((subject) => !arrived.has(subject) && !waiting.has(subject));
  const doubled = [...arrived].filter(([, times]) => times > 1).map(([subject]) => subject);
  const { stdout } = await run(process.execPath, [program, "--data", dataDir, "status", "--json"], {
    maxBuffer: 1 << 28,
  });
  const status = JSON.parse(stdout) as { doubtfulDeliveries: number };
  const { samples, faults } = outcome;
  const { collisions, connections } = world.counts();
  const rss = samples.map(({ rssMiB }) => rssMiB);
  const quarter = Math.floor(samples.length / 4);
  const mean = (values: readonly number[]) =>
    values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length);
  const spans: Span[] = faults.map(({ label, from, to }) => ({ label, from, to }));
  const csv = ["minute,rss_mib,cpu_percent,visits_per_second,queued,marks"].concat(
    samples.map((one) =>
      [one.minute, one.rssMiB, one.cpuPercent, one.visitsPerSecond, one.queued, one.marks]
        .map((value) => value.toFixed(2))
        .join(","),
    ),
  );
  writeFileSync(join(options.out, "serve-hour.csv"), `${csv.join("\n")}\n`);
  const series = (name: string, colour: string, of: (one: Sample) => number) => ({
    name,
    colour,
    values: samples.map(of),
  });
  writeFileSync(
    join(options.out, "serve-hour.svg"),
    plot(
      samples.map(({ minute }) => minute),
      [
        { label: "Memory (RSS)", unit: "MiB", series: [series("server", "#2b6cb0", (one) => one.rssMiB)] },
        { label: "CPU", unit: "%", series: [series("of one core", "#805ad5", (one) => one.cpuPercent)] },
        {
          label: "Visits",
          unit: "/s",
          series: [series("connections", "#2f855a", (one) => one.visitsPerSecond)],
        },
        { label: "Queue", unit: "entries", series: [series("waiting", "#c05621", (one) => one.queued)] },
        { label: "Marks", unit: "", series: [series("hosts and accounts", "#9b2c2c", (one) => one.marks)] },
      ],
      spans,
    ),
  );
  const good =
    lost.length === 0 &&
    doubled.length <= status.doubtfulDeliveries &&
    troubles.length === 0 &&
    outcome.code === 0 &&
    collisions === 0;
  const summary = [
    `- ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC, ${cpus().length} cores, load at the end ${loadavg()[0]?.toFixed(1)}; ${minutes} minutes, ${accounts} accounts every minute, ${connections} visits`,
    `- ${outcome.sent} messages put at the providers; ${arrived.size} arrived, ${waiting.size} wait in the queue, ${lost.length} lost, ${doubled.length} doubled (${status.doubtfulDeliveries} answers lost at the LMTP server's fall)`,
    `- memory: ${mean(rss.slice(0, quarter)).toFixed(0)} MiB in the first quarter, ${mean(rss.slice(-quarter)).toFixed(0)} MiB in the last, ${Math.max(...rss).toFixed(0)} MiB at most`,
    `- CPU: ${mean(samples.map(({ cpuPercent }) => cpuPercent)).toFixed(0)} % of one core on average`,
    `- ${outcome.beside} commands beside it (queue list, remote list, check, poll, status), ${troubles.length} in trouble; ${collisions} mailboxes found locked by a second visit`,
    `- stopped by SIGTERM in ${(outcome.stopMs / 1000).toFixed(1)} s with exit ${String(outcome.code)}; the poll afterwards: exit ${outcome.polled}`,
  ].join("\n");
  writeFileSync(join(options.out, "serve-hour.md"), `${summary}\n`);
  console.log(summary);
  if (lost.length > 0) console.log(`lost: ${lost.slice(0, 20).join(" ")}`);
  if (doubled.length > 0) console.log(`doubled: ${doubled.slice(0, 20).join(" ")}`);
  for (const trouble of troubles.slice(0, 20)) console.log(trouble);
  console.log(outcome.said.slice(-2000));
  return good ? 0 : 1;
}

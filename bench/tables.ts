/**
 * Results as Markdown: a table for each workload, what was aimed at and what came of it.
 */
import type { ContestResult, Result } from "./contest.ts";
import type { ContestantName } from "./contestants/contestant.ts";
import { median } from "./support/measure.ts";
import type { Aim, Workload } from "./workloads.ts";

const peers: readonly ContestantName[] = ["mpop", "fetchmail", "getmail"];

/** Medians of a contestant's runs, for the whole workload. */
interface Figures {
  readonly name: ContestantName;
  readonly wallMs: number;
  readonly spanMs: number | null;
  readonly cpuMs: number;
  /** Processor time for a visit, or for a message where there is one account. */
  readonly cpuMsPerUnit: number;
  readonly peakRssBytes: number;
}

/** @param more lines for its foot: further findings; when, where and with what it was measured */
export function contestTable(contest: ContestResult, more: readonly string[]): string {
  const { workload, results, loads } = contest;
  const figures = results.flatMap((result) => figuresOf(workload, result) ?? []);
  const unit = workload.accounts > 1 ? "visit" : "message";
  const best = bestPeer(figures);
  const limit = figures.find(({ name }) => name === "limit-c");
  const lines = [
    `### ${workload.id}: ${workload.title}`,
    "",
    `| program | seconds | speed, best peer = 1 | speed, limit-c = 1 | connected, seconds | CPU seconds | CPU ms a ${unit} | peak RSS MB |`,
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...figures.map((one) => row(one, best, limit)),
    "",
    ...results.flatMap((result) => remarks(workload, result)),
    ...workload.aims.map((aim) => aimLine(aim, figures, best)),
    `- Rounds: ${loads.length}; load average before each: ${loads.map((load) => load.toFixed(1)).join(", ")}.`,
    ...more.map((line) => `- ${line}`),
  ];
  return `${lines.join("\n")}\n`;
}

function figuresOf(workload: Workload, { name, part, runs, oneVisit }: Result): Figures | undefined {
  if (runs.length === 0) return undefined;
  const middle = (of: (run: Result["runs"][number]) => number) => median(runs.map(of)) / part;
  const spans = runs.map(({ spanMs }) => spanMs);
  const cpuMs = middle((run) => run.cpuMs);
  const units = workload.accounts > 1 ? workload.accounts : workload.fresh.length;
  // Where a single visit was measured too, the process's start is taken off.
  const cpuMsPerUnit =
    oneVisit === null || units < 2 || workload.accounts === 1
      ? cpuMs / units
      : (cpuMs - oneVisit.cpuMs) / (units - 1);
  return {
    name,
    wallMs: middle((run) => run.wallMs),
    spanMs: spans.includes(null) ? null : middle((run) => run.spanMs ?? 0),
    cpuMs,
    cpuMsPerUnit,
    peakRssBytes: Math.max(...runs.map((run) => run.peakRssBytes)),
  };
}

function bestPeer(figures: readonly Figures[]): Figures | undefined {
  return figures.filter(({ name }) => peers.includes(name)).sort((a, b) => a.wallMs - b.wallMs)[0];
}

function row(one: Figures, best: Figures | undefined, limit: Figures | undefined): string {
  const ratio = (to: Figures | undefined) => (to === undefined ? "–" : digits(to.wallMs / one.wallMs));
  const cells = [
    one.name,
    digits(one.wallMs / 1000),
    ratio(best),
    ratio(limit),
    one.spanMs === null ? "–" : digits(one.spanMs / 1000),
    digits(one.cpuMs / 1000),
    digits(one.cpuMsPerUnit),
    (one.peakRssBytes / 1e6).toFixed(0),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Three digits that mean something. */
function digits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value >= 0.1 || value === 0 ? value.toFixed(2) : value.toPrecision(2);
}

function remarks(workload: Workload, { name, part, runs, trouble, oneVisit }: Result): string[] {
  const lines: string[] = [];
  const whole = workload.accounts > 1 ? "accounts" : "messages";
  if (trouble !== null) lines.push(`- ${name} is out after ${runs.length} runs: ${firstLine(trouble)}`);
  if (part < 1)
    lines.push(`- ${name} got ${Math.round(part * 100)} % of the ${whole}; its times are multiplied.`);
  if (workload.once?.includes(name) && runs.length > 0) lines.push(`- ${name} ran once.`);
  if (oneVisit !== null) {
    const wall = digits(oneVisit.wallMs / 1000);
    const cpu = digits(oneVisit.cpuMs / 1000);
    const taken = workload.accounts > 1 ? "; its CPU for a visit is without that" : "";
    lines.push(`- ${name}, a process with one visit to the same: ${wall} s, ${cpu} s CPU${taken}.`);
  }
  return lines;
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

function aimLine(aim: Aim, figures: readonly Figures[], best: Figures | undefined): string {
  const ours = figures.find(({ name }) => name === "rpop");
  if (ours === undefined) return "- No figures of rpop.";
  switch (aim.kind) {
    case "speed": {
      const other = aim.than === "best peer" ? best : figures.find(({ name }) => name === aim.than);
      const name = aim.than === "best peer" ? `the best peer (${best?.name ?? "none"})` : aim.than;
      const found = other === undefined ? undefined : other.wallMs / ours.wallMs;
      return judged(
        `speed at least ${digits(aim.atLeast)} × ${name}`,
        found,
        (value) => value >= aim.atLeast,
      );
    }
    case "connected": {
      const other = figures.find(({ name }) => name === aim.than);
      const found = other === undefined || ours.spanMs === null ? undefined : ours.spanMs / other.wallMs;
      return judged(`connected no longer than ${aim.atMost} × ${aim.than}'s whole run`, found, (value) => {
        return value <= aim.atMost;
      });
    }
    case "cpuMsPerVisit":
      return judged(`CPU below ${aim.below} ms a visit`, ours.cpuMsPerUnit, (value) => value < aim.below);
    case "peakRssMb":
      return judged(`peak RSS below ${aim.below} MB`, ours.peakRssBytes / 1e6, (value) => value < aim.below);
  }
}

function judged(aim: string, found: number | undefined, reached: (value: number) => boolean): string {
  if (found === undefined) return `- Aim: ${aim}: not measured.`;
  return `- Aim: ${aim}: **${digits(found)}**, ${reached(found) ? "reached" : "missed"}.`;
}

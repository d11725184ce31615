/**
 * A poll while it runs: bars on a terminal, plain lines elsewhere; a line for each visit when it ends.
 */
import type { MultiBar, SingleBar } from "cli-progress";
import type { PollProgress, VisitReport } from "../../manage/poll-report.ts";
import { peopleText } from "../../manage/wire-text.ts";
import type { RemoteAccountRecord } from "../../store/records.ts";
import type { Session } from "../cli.ts";
import { escapeText } from "./escape.ts";
import { failureText } from "./failure.ts";
import { bytesText } from "./quantities.ts";
import { padded, shortened } from "./width.ts";

const NAME_COLUMNS = 32;
/** Off a terminal a long visit says this often how far it is. */
const MESSAGES_A_LINE = 500;

export interface ShownProgress extends PollProgress {
  /** Takes the bars off the screen. */
  stop(): void;
}

/** What telling needs beyond the session: the hour of a next visit in words, where a server runs that makes it. */
export interface ProgressSession extends Session {
  nextTime(at: number): string | undefined;
}

/** Chooses by where the output goes; with --json and --quiet only failures are told. */
export async function showProgress(session: ProgressSession): Promise<ShownProgress> {
  if (session.json || session.quiet) return quietProgress(session);
  return session.output.streams.stderr.isTTY ? barProgress(session) : lineProgress(session);
}

function quietProgress(session: ProgressSession): ShownProgress {
  return {
    visitStarted() {},
    progress() {},
    visitEnded(account, report) {
      if (report.failure !== null) session.output.error(visitText(session, account, report));
    },
    stop() {},
  };
}

function lineProgress(session: ProgressSession): ShownProgress {
  const { output, words } = session;
  const told = new Map<string, number>();
  return {
    visitStarted() {},
    progress(account, { messagesDone, messagesTotal }) {
      const step = Math.floor(messagesDone / MESSAGES_A_LINE);
      if (step === (told.get(account.id) ?? 0)) return;
      told.set(account.id, step);
      output.error(`${accountName(account)}: ${words.cli.poll.progress(messagesDone, messagesTotal)}`);
    },
    visitEnded: (account, report) => tellEnd(session, account, report),
    stop() {},
  };
}

async function barProgress(session: ProgressSession): Promise<ShownProgress> {
  const { MultiBar, Presets } = await import("cli-progress");
  const bars = new MultiBar(
    {
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
      format: "{name} {bar} {text}",
      barsize: 24,
      noTTYOutput: false,
    },
    Presets.shades_grey,
  );
  const running = new Map<string, SingleBar>();
  return {
    visitStarted() {},
    progress(account, { messagesDone, messagesTotal, bytesDone }) {
      // A visit that finds nothing is over before a bar could be read.
      if (messagesTotal === 0) return;
      const bar = running.get(account.id) ?? newBar(bars, account, messagesTotal);
      running.set(account.id, bar);
      bar.setTotal(messagesTotal);
      bar.update(messagesDone, {
        text: `${session.words.cli.poll.progress(messagesDone, messagesTotal)}, ${bytesText(bytesDone)}`,
      });
    },
    visitEnded(account, report) {
      const bar = running.get(account.id);
      if (bar) bars.remove(bar);
      running.delete(account.id);
      if (running.size > 0) bars.log(`${visitText(session, account, report)}\n`);
      else tellEnd(session, account, report);
    },
    stop: () => bars.stop(),
  };
}

function newBar(bars: MultiBar, account: RemoteAccountRecord, total: number): SingleBar {
  return bars.create(total, 0, {
    name: padded(shortened(accountName(account), NAME_COLUMNS), NAME_COLUMNS),
    text: "",
  });
}

function tellEnd(session: ProgressSession, account: RemoteAccountRecord, report: VisitReport): void {
  const text = visitText(session, account, report);
  if (report.failure === null) session.output.line(text);
  else session.output.error(text);
}

function visitText(
  { words, nextTime }: Pick<ProgressSession, "words" | "nextTime">,
  account: RemoteAccountRecord,
  report: VisitReport,
): string {
  const { poll } = words.cli;
  const parts = [
    report.taken > 0 ? poll.taken(report.taken, bytesText(report.takenBytes)) : poll.nothingNew(),
  ];
  if (report.known > 0) parts.push(poll.known(report.known));
  if (report.skipped > 0) parts.push(poll.skipped(report.skipped));
  if (report.troubled > 0) parts.push(poll.troubled(report.troubled));
  if (report.deleted > 0) parts.push(poll.deleted(report.deleted));
  if (report.left > 0) parts.push(poll.left(report.left));
  if (report.awaitedElsewhere) parts.push(poll.elsewhere());
  if (report.failure === null) return `${accountName(account)}: ${parts.join(", ")}`;
  const before = report.taken > 0 ? `${accountName(account)}: ${parts.join(", ")}\n` : "";
  const time = report.nextVisitAt === null ? undefined : nextTime(report.nextVisitAt);
  return `${before}${accountName(account)}: ${failureText(words, report.failure, time)}`;
}

function accountName(account: RemoteAccountRecord): string {
  return escapeText(`${peopleText(account.login)}@${account.server}`);
}

/**
 * `rpop status`: how things stand (spec 9).
 */
import { formatDuration } from "../../core/time.ts";
import type { StatusReport } from "../../manage/status.ts";
import type { Words } from "../../words/words.ts";
import type { Cli } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { accountWarningLines } from "../render/account-warnings.ts";
import { escapeText } from "../render/escape.ts";
import { failureJson, failureLine } from "../render/failure.ts";
import { markLines, marksJson } from "../render/marks.ts";
import { bytesText, isoTime, timeText } from "../render/quantities.ts";
import { type ListTime, remoteAccountJson } from "../render/remote-accounts.ts";
import { padded, textWidth } from "../render/width.ts";

/** More failing accounts than these are counted only. */
const MOST_FAILING = 20;

export function statusCommand(cli: Cli) {
  return cli.command("status", cli.words.help.status).action(() =>
    cli.run(async ({ words, output, json, app }) => {
      const { status } = await import("../../manage/status.ts");
      const { manage, settings } = await app();
      const report = await status(manage);
      if (json) output.json(statusJson(words, report));
      else output.line(statusText(words, report, { now: manage.clock.now(), timeZone: settings.timeZone }));
      return exitCodes.ok;
    }),
  );
}

function statusText(words: Words, report: StatusReport, time: ListTime): string {
  const { status } = words.cli;
  const { remoteAccounts: accounts, queue, freeBytes, minFreeSpaceBytes } = report;
  const low = freeBytes !== null && freeBytes < minFreeSpaceBytes;
  const spaceNote = low ? status.diskLow : report.spaceShort ? status.diskShort : null;
  const diskNote = spaceNote === null ? "" : ` (${spaceNote(bytesText(minFreeSpaceBytes))})`;
  const facts: [string, string][] = [
    [status.dataDirectory, escapeText(report.dataDir)],
    [
      status.accounts,
      `${accounts.total}: ${status.accountCounts(accounts.ok, accounts.failed, accounts.notYet, accounts.disabled)}`,
    ],
    [status.server, serverText(words, report, time)],
    ...pauseFact(words, report, time),
    [status.visits, status.visitsOf(report.visitsUnderWay, report.channels)],
    [status.nextVisit, nextVisitText(words, report, time)],
    [status.queue, status.queueCounts(queue.queued + queue.ready + queue.sending, queue.held)],
    ...report.destinations.map((trouble): [string, string] => [
      status.destinationDown,
      status.destinationSince(
        escapeText(trouble.destination),
        timeText(trouble.failingSince, time.now, time.timeZone),
        trouble.deferred,
        `${trouble.failure.code}: ${failureLine(words, trouble.failure)}`,
      ),
    ]),
    [
      status.undeliverable,
      `${queue.undeliverable}${report.undeliverableEndingSoon > 0 ? ` (${status.endingSoon(report.undeliverableEndingSoon)})` : ""}`,
    ],
    ...(report.doubtfulDeliveries > 0
      ? [[status.doubtful, status.doubtfulCount(report.doubtfulDeliveries)] as [string, string]]
      : []),
    [status.postmaster, String(report.postmasterMessages)],
    [status.history, historyText(words, report, time)],
    [status.disk, freeBytes === null ? "?" : `${bytesText(freeBytes)}${diskNote}`],
    [status.processes, report.processes.map(({ pid }) => pid).join(", ") || words.terms.none],
  ];
  const width = Math.max(...facts.map(([label]) => textWidth(label)));
  const lines = facts.map(([label, fact]) => `${padded(label, width)}  ${fact}`);
  if (report.channels === 0) lines.push("", status.stopped);
  if (report.activitySchedule !== "always") lines.push("", status.scheduled);
  return [
    ...lines,
    "",
    ...needLines(words, report),
    ...warningLines(words, report),
    ...restLines(words, report, time),
  ].join("\n");
}

/** A due moment is a visit only where somebody visits. */
function nextVisitText(words: Words, { nextVisitAt, server }: StatusReport, time: ListTime): string {
  const { status } = words.cli;
  if (nextVisitAt === null) return status.noVisit;
  const moment = timeText(nextVisitAt, time.now, time.timeZone);
  return server === null ? status.noVisitServer(moment) : moment;
}

function historyText(words: Words, { history }: StatusReport, time: ListTime): string {
  const { status } = words.cli;
  if (history.oldestAt === null) return words.terms.none;
  const since = timeText(history.oldestAt, time.now, time.timeZone);
  return status.historySince(since, history.rows, formatDuration(history.keptMs));
}

function serverText(words: Words, { server }: StatusReport, time: ListTime): string {
  const { status } = words.cli;
  if (server === null) return status.serverNone;
  const since = timeText(server.startedAt, time.now, time.timeZone);
  return status.serverRuns(since, server.pid, server.listen ?? "");
}

function pauseFact(words: Words, { server }: StatusReport, time: ListTime): [string, string][] {
  const { status } = words.cli;
  const pause = server?.pause ?? null;
  if (pause === null) return [];
  const since = timeText(pause.since, time.now, time.timeZone);
  return [
    [status.paused, status.pausedSince(since, `${pause.failure.code}: ${failureLine(words, pause.failure)}`)],
  ];
}

function restLines(words: Words, { marks }: StatusReport, time: ListTime): string[] {
  const lines = markLines(words, marks, time);
  if (lines.length === 0) return [];
  const more = lines.length - MOST_FAILING;
  const shown = lines.slice(0, MOST_FAILING);
  return ["", `${words.cli.status.resting}:`, ...shown, ...(more > 0 ? [`  … +${more}`] : [])];
}

function needLines(words: Words, { failing }: StatusReport): string[] {
  const { status } = words.cli;
  if (failing.length === 0) return [status.needsNone];
  const lines = failing.slice(0, MOST_FAILING).map(({ account, server, failure }) => {
    const why = failure === null ? "" : `${failure.code}: ${failureLine(words, failure)}`;
    return `  ${escapeText(`${account}@${server}`)}: ${why}`;
  });
  const more = failing.length - lines.length;
  return [`${status.needs}:`, ...lines, ...(more > 0 ? [`  … +${more}`] : [])];
}

function warningLines(words: Words, { warned }: StatusReport): string[] {
  const lines = accountWarningLines(words, warned);
  if (lines.length === 0) return [];
  const more = lines.length - MOST_FAILING;
  const shown = lines.slice(0, MOST_FAILING).map((line) => `  ${line}`);
  return ["", `${words.cli.status.warned}:`, ...shown, ...(more > 0 ? [`  … +${more}`] : [])];
}

function statusJson(words: Words, report: StatusReport): Record<string, unknown> {
  return {
    ...report,
    failing: report.failing.map((account) => remoteAccountJson(words, account)),
    warned: report.warned.map((account) => remoteAccountJson(words, account)),
    nextVisit: isoTime(report.nextVisitAt),
    nextVisitAt: undefined,
    server:
      report.server === null
        ? null
        : {
            pid: report.server.pid,
            started: isoTime(report.server.startedAt),
            http: report.server.listen,
            pause:
              report.server.pause === null
                ? null
                : {
                    since: isoTime(report.server.pause.since),
                    failure: failureJson(words, report.server.pause.failure),
                  },
          },
    history: { since: isoTime(report.history.oldestAt), rows: report.history.rows },
    destinations: report.destinations.map((trouble) => ({
      destination: trouble.destination,
      since: isoTime(trouble.failingSince),
      deferred: trouble.deferred,
      failure: failureJson(words, trouble.failure),
    })),
    marks: marksJson(words, report.marks),
    processes: report.processes.map(({ pid, startedAt }) => ({ pid, started: isoTime(startedAt) })),
  };
}

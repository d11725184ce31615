/**
 * The log: JSON lines in `DATA/log/`, by level (spec 3, seed 9 to 11 and 66).
 *
 * Every record carries the tag `RPOP`, the time with its zone, the level, the event, and who wrote it (process, node).
 * Facts are built only for events that the level in force asks for. Nothing here throws or waits: trouble with the
 * log is the log's alone, and costs lines, which are counted.
 */
import { type Log, type LogEvent, type LogFields, logEvents, logLevels } from "../core/log.ts";
import type { Clock } from "../core/time.ts";
import { type ChosenLogLevel, logLevelAt } from "../settings/log-level.ts";
import { type LocalTime, localTimeIn } from "./local-time.ts";
import type { LogDirectory } from "./log-directory.ts";
import { type LogRecord, lineMaker, type MadeLine, readLine } from "./log-line.ts";
import { LogWriter } from "./log-writer.ts";

export interface LogContext {
  readonly directory: LogDirectory;
  readonly clock: Clock;
  readonly pid: number;
  /** As it stands now; asked at each event. */
  level(): ChosenLogLevel;
  /** Zone of the times and days; null: the system's. Asked at each record. */
  timeZone(): string | null;
}

export interface OpenLog extends Log {
  /** From now on each record names this node. */
  setNode(nodeId: number): void;
  /** Who else sees the records as they are written. @returns ends that */
  onRecord(listener: (record: LogRecord) => void): () => void;
  /** The last words of a process that dies of an error nobody caught; written before this returns. */
  crashed(error: unknown): void;
  /** Resolves when everything so far was written or counted as lost. */
  flush(): Promise<void>;
  /** Writes what waits; later records are dropped. */
  close(): Promise<void>;
}

/** Makes no file before there is something to write. */
export function openLog(context: LogContext): OpenLog {
  const { clock } = context;
  const listeners = new Set<(record: LogRecord) => void>();
  let closed = false;
  /** The level had an hour to last when it was looked at last. */
  let wasLoud = false;
  let zone: string | null | undefined;
  let localTime: LocalTime = localTimeIn("UTC");

  const timeOf = (at: number): string => {
    const asked = context.timeZone();
    if (asked !== zone) {
      localTime = localTimeIn(asked);
      zone = asked;
    }
    return localTime(at);
  };

  const maker = lineMaker(context.pid, timeOf);

  const made = (event: LogEvent, fields: LogFields): MadeLine =>
    maker.line(clock.now(), logEvents[event], event, fields);

  const writer = new LogWriter({
    directory: context.directory,
    clock,
    lostLine: (lines) => made("log-lines-lost", { lines }),
  });

  const put = (event: LogEvent, fields: LogFields): void => {
    const line = made(event, fields);
    writer.add(line);
    if (listeners.size === 0) return;
    const record = readLine(line.text);
    if (record !== null) for (const listener of listeners) listener(record);
  };

  const rankInForce = (): number => {
    const chosen = context.level();
    if (chosen.until === null) {
      wasLoud = false;
      return rankOf[chosen.level];
    }
    const level = logLevelAt(chosen, clock.now());
    const back = wasLoud && level !== chosen.level;
    wasLoud = level === chosen.level;
    if (back) put("log-level-back", { from: chosen.level, to: level });
    return rankOf[level];
  };

  const wants = (event: LogEvent): boolean => {
    try {
      return !closed && rankOf[logEvents[event]] <= rankInForce();
    } catch {
      return false;
    }
  };

  return {
    wants,
    write(event, fields) {
      if (!wants(event)) return;
      try {
        put(event, fields());
      } catch {
        // A record that cannot be made must not stop the mail.
      }
    },
    setNode(nodeId) {
      maker.node = nodeId;
    },
    onRecord(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    crashed(error) {
      try {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        writer.writeNow(made("crashed", { error: text }));
      } catch {
        // Node says it on standard error.
      }
    },
    flush: () => writer.flush(),
    async close() {
      closed = true;
      await writer.close();
    },
  };
}

const rankOf = Object.fromEntries(logLevels.map((level, rank) => [level, rank])) as Readonly<
  Record<(typeof logLevels)[number], number>
>;

/** A log that keeps its records in memory, as facts with their event. */
import {
  type Log,
  type LogEvent,
  type LogFields,
  type LogLevel,
  logEvents,
  logLevels,
} from "../../src/core/log.ts";

export class RecordedLog implements Log {
  readonly #level: LogLevel;
  readonly records: ({ readonly event: LogEvent } & LogFields)[] = [];

  constructor(level: LogLevel = "allInfo") {
    this.#level = level;
  }

  wants(event: LogEvent): boolean {
    return logLevels.indexOf(logEvents[event]) <= logLevels.indexOf(this.#level);
  }

  write(event: LogEvent, fields: () => LogFields): void {
    if (this.wants(event)) this.records.push({ event, ...fields() });
  }
}

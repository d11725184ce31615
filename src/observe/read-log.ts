/**
 * Reads the log back: all lines in the order of the files, and, when asked, those that are still to come.
 */
import { inOrder, type LogDirectory, logFileName } from "./log-directory.ts";
import { type LogRecord, readLine } from "./log-line.ts";

const chunkBytes = 256 * 1024;
/** While following, so many of the newest files are looked at: other processes may still write to former ones. */
const followedFiles = 3;

export interface ReadLine {
  /** As it stands in the file, without LF. */
  readonly line: string;
  readonly record: LogRecord;
}

export interface ReadLogOptions {
  readonly directory: LogDirectory;
  /** Records before this moment are left out; null: everything that is kept. */
  readonly since: number | null;
  /** Called at the end of what there is: resolves when it is time to look again, false: that was all. */
  more(): Promise<boolean>;
}

/** Lines that are no records, as after a crash, are left out. */
export async function* readLog(options: ReadLogOptions): AsyncGenerator<ReadLine> {
  const { directory, since } = options;
  const places = new Map<string, { offset: number; rest: Buffer }>();
  for (let first = true; ; first = false) {
    const files = inOrder(await directory.list()).filter(
      (one) => since === null || !endsBefore(one.day, since),
    );
    const names = files.map(logFileName);
    for (const name of first ? names : names.slice(-followedFiles)) {
      const place = places.get(name) ?? { offset: 0, rest: Buffer.alloc(0) };
      places.set(name, place);
      for (;;) {
        const chunk = await directory.read(name, place.offset, chunkBytes);
        if (chunk.length === 0) break;
        place.offset += chunk.length;
        const bytes = Buffer.concat([place.rest, chunk]);
        const end = bytes.lastIndexOf(10) + 1;
        place.rest = bytes.subarray(end);
        for (const line of bytes.toString("utf8", 0, end).split("\n")) {
          const record = line === "" ? null : readLine(line);
          if (record !== null && (since === null || record.at >= since)) yield { line, record };
        }
      }
    }
    for (const name of places.keys()) if (!names.includes(name)) places.delete(name);
    if (!(await options.more())) return;
  }
}

/** Days are local ones: whatever the zone, a day is over two days after it began in UTC. */
function endsBefore(day: string, since: number): boolean {
  return Date.parse(`${day}T00:00:00Z`) + 2 * 86_400_000 < since;
}

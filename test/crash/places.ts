/**
 * Where the messages of a round stand after a kill: the rows of the states table (docs/guarantees.md), told by looking.
 *
 * Nothing is asked of the program. Looked at are the maildrop and how far the last session came (the proxy saw it),
 * the spool, the Maildirs, and a copy of the database and its WAL, so that the look changes nothing. A message may
 * stand in two rows, since it goes from the server and to the Maildir independently. Recognised by:
 *
 * | place | evidence |
 * | --- | --- |
 * | S0 | in the maildrop of a listed session; neither file nor row |
 * | S1 | a file in `spool/tmp` |
 * | S2 | a file in `spool`, its id never accepted |
 * | S3 | accepted, still in the maildrop, not marked (mail that is left there: while an entry is queued) |
 * | S4 | accepted, its DELE answered, no QUIT said |
 * | S5 kept, gone | QUIT said, its answer not passed on: still in the maildrop, or not |
 * | S6 | QUIT's +OK passed on by the session that was killed |
 * | S7 prepared | the entry queued, `tmp/NAME.L` there |
 * | S7 ready | the entry ready, `tmp/NAME.W` there |
 * | S7 renamed | the entry ready, `tmp/NAME.W` gone |
 * | S8 part | some entries of the message done, its row there |
 * | S8 file | the row gone, the spool file there |
 */
import { join } from "node:path";
import type { Configuration } from "./configurations.ts";
import { type DatabaseSeen, readDatabase } from "./database-look.ts";
import { namesIn } from "./folder.ts";
import type { Mail } from "./mail.ts";
import type { SessionSeen } from "./striking-proxy.ts";

export const rows = ["S0", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8"] as const;
export type Row = (typeof rows)[number];

export const places = [
  "S0",
  "S1",
  "S2",
  "S3",
  "S4",
  "S5 kept",
  "S5 gone",
  "S6",
  "S7 prepared",
  "S7 ready",
  "S7 renamed",
  "S8 part",
  "S8 file",
] as const;
export type Place = (typeof places)[number];

/** How many messages or entries stand at each place; places without any are absent. */
export type Standing = ReadonlyMap<Place, number>;

export interface Scene {
  readonly dataDir: string;
  readonly configuration: Configuration;
  /** All of the round. */
  readonly mails: readonly Mail[];
  /** In the maildrop when the killed process began, in its order. */
  readonly before: readonly Mail[];
  /** In the maildrop now. */
  readonly now: readonly Mail[];
  /** The killed process's last session; undefined: it had none. */
  readonly session: SessionSeen | undefined;
}

export function rowOf(place: Place): Row {
  return place.slice(0, 2) as Row;
}

/** Rows that a message of this configuration comes through. */
export function rowsOf({ leaveOnServer }: Configuration): readonly Row[] {
  // Mail that is left there meets no DELE. Its sessions end by QUIT all the same.
  return leaveOnServer ? rows.filter((row) => row !== "S4") : rows;
}

/** Looks at everything; the program is not running. */
export async function lookAround(scene: Scene): Promise<Standing> {
  const { dataDir, configuration } = scene;
  const spool = join(dataDir, "spool");
  const partial = await namesIn(join(spool, "tmp"));
  const written = (await namesIn(spool)).filter((name) => name !== "tmp");
  const maildirTmp = new Set<string>();
  for (const recipient of configuration.recipients) {
    for (const name of await namesIn(join(dataDir, "mail", `${recipient}@example.com`, "tmp")))
      maildirTmp.add(name);
  }
  const database = await readDatabase(dataDir);

  const found = new Map<Place, number>();
  const count = (place: Place, number = 1) => {
    if (number > 0) found.set(place, (found.get(place) ?? 0) + number);
  };
  const accepted = acceptedMails(scene.mails, database);
  const unowned = written.filter((name) => !database.acceptedIds.has(idOf(name)));
  count("S1", partial.length);
  count("S2", unowned.length);
  for (const [place, number] of remotePlaces(scene, accepted, database, partial.length + unowned.length)) {
    count(place, number);
  }
  for (const entry of database.entries) {
    const witness = entry.state === "ready" ? entry.readyToken : entry.leaseToken;
    const there = maildirTmp.has(`${entry.fileName}.${witness}`);
    if (entry.state === "ready") count(there ? "S7 ready" : "S7 renamed");
    else if (entry.state === "queued" && there) count("S7 prepared");
  }
  count("S8 part", [...database.messages.keys()].filter((id) => database.deliveredIds.has(id)).length);
  count(
    "S8 file",
    written.filter((name) => database.acceptedIds.has(idOf(name)) && !database.messages.has(idOf(name)))
      .length,
  );
  return found;
}

/** Where the messages stand as the server sees them. */
function* remotePlaces(
  { configuration, mails, before, now, session }: Scene,
  accepted: ReadonlyMap<Mail, string>,
  database: DatabaseSeen,
  files: number,
): Iterable<[Place, number]> {
  const round = new Set(mails);
  const present = new Set(now);
  const marked = new Set(session?.marked.map((number) => before[number - 1]));
  let untouched = 0;
  for (const mail of before) {
    if (!round.has(mail)) continue;
    const id = accepted.get(mail);
    const there = present.has(mail);
    const touched = configuration.leaveOnServer ? id !== undefined : marked.has(mail);
    if (id === undefined && there) untouched++;
    if (id === undefined) continue;
    if (touched && session?.quit === "answered") yield ["S6", 1];
    else if (touched && session?.quit === "said") yield [there ? "S5 kept" : "S5 gone", 1];
    else if (!configuration.leaveOnServer && touched) yield ["S4", 1];
    else if (there && (!configuration.leaveOnServer || database.queuedIds.has(id))) yield ["S3", 1];
  }
  // Files that nobody owns yet belong to some of them.
  if (session?.listed === true) yield ["S0", Math.max(0, untouched - files)];
}

/** The round's mails that are accepted, with the id that they got. */
function acceptedMails(mails: readonly Mail[], { accepted }: DatabaseSeen): Map<Mail, string> {
  // A server that chooses UIDs itself, or has none, leaves the Message-ID to tell.
  const isOurs = new Set(mails.map((mail) => mail.uid));
  const ids = new Map(accepted.map((row) => [isOurs.has(row.uid) ? row.uid : row.messageId, row.id]));
  const found = new Map<Mail, string>();
  for (const mail of mails) {
    const id = ids.get(mail.uid) ?? ids.get(mail.messageId);
    if (id !== undefined) found.set(mail, id);
  }
  return found;
}

/** The spool's files are called by message id and process. */
function idOf(name: string): string {
  return name.slice(0, name.lastIndexOf("."));
}

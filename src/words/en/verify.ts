/**
 * English: `rpop verify`.
 */
const plural = (n: number, one: string, many: string) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
const messages = (n: number) => plural(n, "message", "messages");

export const verify = {
  help: {
    summary: "check that nothing is lost",
    description:
      "Looks whether database, spool, history and Maildirs agree; for accounts that are named, also what stands at the " +
      "provider against what is remembered of it. Changes nothing, and a server may work meanwhile. Exit code 1 where " +
      "something does not agree.",
    all: "look at every account's maildrop, too",
    since: "how far back Maildirs are looked through, as 1h, 30d",
  },
  database: () => "The database is whole.",
  queue: (n: number) =>
    n === 0 ? "Nothing is on its way or kept." : `On the way or kept: ${messages(n)}, each with its file.`,
  leftovers: (n: number, size: string) =>
    `The spool holds ${plural(n, "file", "files")} (${size}) that no message owns any more; the next start of a server removes them.`,
  taken: (n: number, since: string) =>
    `Taken since ${since}: ${messages(n)}, each on its way, kept, or with its end written down.`,
  nothingTaken: () => "The history tells of no message yet.",
  maildirs: (delivered: number, since: string, there: number) =>
    delivered === there
      ? `Delivered into Maildirs since ${since}: ${messages(delivered)}; all of them stand there.`
      : `Delivered into Maildirs since ${since}: ${messages(delivered)}; ${there.toLocaleString("en")} of them ` +
        `${there === 1 ? "stands" : "stand"} there, the others were deleted or moved by their readers.`,
  maildrop: (account: string, listed: number, parts: string) =>
    `${account}: ${messages(listed)} there${parts ? `: ${parts}` : ""}.`,
  parts: {
    taken: (n: number) => `${n.toLocaleString("en")} taken and left`,
    toDelete: (n: number) => `${n.toLocaleString("en")} taken, to be deleted there`,
    skipped: (n: number) => `${n.toLocaleString("en")} never taken`,
    unknown: (n: number) => `${n.toLocaleString("en")} for the next visit`,
  },
  faults: {
    "database-damaged": (text: string) => `The database is damaged: ${text}`,
    "spool-missing": (path: string) => `${path} is missing: its message cannot be delivered.`,
    "spool-size": (path: string, found: string, expected: string) =>
      `${path} has ${found} instead of ${expected}: its message is damaged.`,
    "message-lost": (id: string, at: string) =>
      `Message ${id}, taken at ${at}, is not on its way, and nothing says how it ended.`,
    "maildir-missing": (path: string, n: number) =>
      `The Maildir ${path}, into which ${messages(n)} went, is not there.`,
  },
  agrees: (all: boolean): string =>
    all ? "Everything agrees." : "Everything that could be looked at agrees.",
  differs: (n: number) =>
    `${plural(n, "thing does", "things do")} not agree. A backup brings back what is missing.`,
};

/**
 * The people who read the Maildirs, and the reckoning with what they got.
 *
 * They take mail whenever they like, also between a kill and the restart: then the Maildir alone no longer tells
 * that a message was delivered, and a program that looked there would deliver it again.
 */
import { readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { splitDelivered } from "../support/delivered.ts";
import { readDatabase } from "./database-look.ts";
import { namesIn } from "./folder.ts";
import { contentDigest, type Expectation } from "./mail.ts";

/** What was found wrong, in words; empty: nothing. */
export type Complaint = string;

export class Readers {
  readonly #dataDir: string;
  readonly #recipients: readonly string[];
  /** By recipient, then by content: how often it came. */
  readonly #got = new Map<string, Map<string, number>>();
  readonly #torn: Complaint[] = [];

  constructor(dataDir: string, recipients: readonly string[]) {
    this.#dataDir = dataDir;
    this.#recipients = recipients;
  }

  /** Everybody reads all there is and removes it. */
  async takeAll(): Promise<void> {
    for (const recipient of this.#recipients) {
      for (const part of ["new", "cur"]) {
        const folder = join(this.#maildir(recipient), part);
        for (const name of await namesIn(folder)) {
          const path = join(folder, name);
          this.#note(recipient, path, await readFile(path));
          await unlink(path);
        }
      }
    }
  }

  /** Everybody's mail reader marks all there is as seen. */
  async seeAll(): Promise<void> {
    for (const recipient of this.#recipients) {
      const maildir = this.#maildir(recipient);
      for (const name of await namesIn(join(maildir, "new"))) {
        await rename(join(maildir, "new", name), join(maildir, "cur", `${name}:2,S`));
      }
    }
  }

  /** Compares what came since the last reckoning with what had to come. */
  reckon({ digests, recipients }: Expectation): Complaint[] {
    const complaints = this.#torn.splice(0);
    for (const recipient of recipients) {
      const got = this.#got.get(recipient) ?? new Map<string, number>();
      for (const digest of digests) {
        const times = got.get(digest) ?? 0;
        if (times === 0) complaints.push(`lost: ${recipient} has no ${digest}`);
        if (times > 1) complaints.push(`doubled: ${recipient} has ${digest} ${times} times`);
      }
      for (const digest of got.keys()) {
        if (!digests.has(digest))
          complaints.push(`torn or repeated: ${recipient} has an unexpected ${digest}`);
      }
    }
    this.#got.clear();
    return complaints;
  }

  #maildir(recipient: string): string {
    return join(this.#dataDir, "mail", `${recipient}@example.com`);
  }

  #note(recipient: string, path: string, bytes: Buffer): void {
    let digest: string;
    try {
      digest = contentDigest(splitDelivered(path, bytes).message);
    } catch (error) {
      this.#torn.push(`torn: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    const got = this.#got.get(recipient) ?? new Map<string, number>();
    got.set(digest, (got.get(digest) ?? 0) + 1);
    this.#got.set(recipient, got);
  }
}

/** What must not be left once everything is drained: files that nobody owns, rows that nobody works on. */
export async function leftovers(dataDir: string, recipients: readonly string[]): Promise<Complaint[]> {
  const complaints: Complaint[] = [];
  const folders = ["spool", "spool/tmp", ...recipients.map((name) => `mail/${name}@example.com/tmp`)];
  for (const folder of folders) {
    for (const name of await namesIn(join(dataDir, folder))) {
      if (folder !== "spool" || name !== "tmp") complaints.push(`left over: ${folder}/${name}`);
    }
  }
  for (const name of await namesIn(join(dataDir, "mail"))) {
    if (!recipients.some((recipient) => name === `${recipient}@example.com`))
      complaints.push(`delivered where nobody reads: mail/${name}`);
  }
  const { messages, entries } = await readDatabase(dataDir);
  if (messages.size > 0) complaints.push(`left over: ${messages.size} messages in the queue`);
  if (entries.length > 0) complaints.push(`left over: ${entries.length} entries in the queue`);
  return complaints;
}

/** What the database says about messages and entries, read behind the program's back. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { temporaryDirectory } from "../support/temporary-directory.ts";

export interface DatabaseSeen {
  readonly acceptedIds: ReadonlySet<string>;
  /** Accepted message ids with the UID and the Message-ID field that they came with. */
  readonly accepted: readonly { readonly id: string; readonly uid: string; readonly messageId: string }[];
  readonly messages: ReadonlySet<string>;
  readonly entries: readonly {
    readonly state: string;
    readonly fileName: string;
    readonly leaseToken: number;
    readonly readyToken: number | null;
  }[];
  /** Message ids that have a queued entry. */
  readonly queuedIds: ReadonlySet<string>;
  /** Message ids of which an entry was delivered. */
  readonly deliveredIds: ReadonlySet<string>;
}

const nothingThere: DatabaseSeen = {
  acceptedIds: new Set(),
  accepted: [],
  messages: new Set(),
  entries: [],
  queuedIds: new Set(),
  deliveredIds: new Set(),
};

/** Reads a copy of the database and its WAL, so that the look changes nothing. */
export async function readDatabase(dataDir: string): Promise<DatabaseSeen> {
  await using copy = await temporaryDirectory("crash-look");
  for (const name of ["rpop.db", "rpop.db-wal"]) {
    await copyFile(join(dataDir, name), join(copy.path, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
  }
  const database = new DatabaseSync(join(copy.path, "rpop.db"));
  try {
    const all = (sql: string) => database.prepare(sql).all() as Record<string, unknown>[];
    if (all("SELECT 1 FROM sqlite_master WHERE name = 'ledger'").length === 0) return nothingThere;
    const accepted = all(
      "SELECT DISTINCT message_id, uid_key, message_id_field FROM ledger WHERE kind IN ('accepted', 'merged')",
    ).map((row) => ({
      id: String(row.message_id),
      uid: row.uid_key instanceof Uint8Array ? Buffer.from(row.uid_key).toString("latin1") : "",
      messageId: String(JSON.parse(String(row.message_id_field))),
    }));
    const entries = all("SELECT message_id, state, file_name, lease_token, ready_token FROM queue_entry").map(
      (row) => ({
        messageId: String(row.message_id),
        state: String(row.state),
        fileName: String(row.file_name),
        leaseToken: Number(row.lease_token),
        readyToken: row.ready_token === null ? null : Number(row.ready_token),
      }),
    );
    const queued = entries.filter((entry) => entry.state === "queued");
    const delivered = all("SELECT DISTINCT message_id FROM ledger WHERE kind = 'delivered'");
    return {
      accepted,
      acceptedIds: new Set(accepted.map(({ id }) => id)),
      messages: new Set(all("SELECT id FROM message").map((row) => String(row.id))),
      entries,
      queuedIds: new Set(queued.map((entry) => entry.messageId)),
      deliveredIds: new Set(delivered.map((row) => String(row.message_id))),
    };
  } finally {
    database.close();
  }
}

/** The past of a data directory that was never restored from a backup. */
import type { FormerLife } from "../../src/deliver/maildir-found.ts";

export const neverRestored: FormerLife = {
  installationId: "inst",
  madeAt: async () => null,
  knownMessages: async () => ({ queued: [], former: [] }),
  foundFiles: async () => [],
};

/**
 * What every service here is handed: the store and the few things it may ask of the world.
 *
 * Services take (context, input) and give a value or a failure; they write no sentence and read no command line. Each
 * begins by asking whether the actor may: `demand` throws FailureError `not-allowed`, and nothing has happened then.
 */
import type { Actor } from "../auth/policies.ts";
import type { IdSource } from "../core/ids.ts";
import type { Log } from "../core/log.ts";
import type { Clock } from "../core/time.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { Spool } from "../spool/spool.ts";
import type { Store } from "../store/store.ts";

export interface ManageContext {
  /** Absolute path of the data directory. */
  readonly dataDir: string;
  readonly store: Store;
  readonly spool: Spool;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: Log;
  /** Who asks. */
  readonly actor: Actor;
}

/**
 * Settings and directory as they are now: objects that stay, whose contents follow the database.
 *
 * Whoever is handed them reads the present values at each use. A change takes effect whole: all settings and the
 * directory are replaced in one turn. Values that cannot be read leave everything as it was.
 */
import type { Settings } from "../settings/definitions.ts";
import { loadSettings } from "../settings/load.ts";
import { type ChosenLogLevel, chosenLogLevel } from "../settings/log-level.ts";
import type { Configuration, ConfigurationVerbs } from "../store/store.ts";
import { type Directory, directoryOf } from "./directory.ts";

export interface LiveConfiguration {
  /** The settings in force: the same object always. */
  readonly settings: Settings;
  /** The directory in force: the same object always. */
  readonly directory: Directory;
  /** The log level as it was chosen; `logLevelAt` says what that means at a moment. */
  readonly logLevel: ChosenLogLevel;
  /** The configuration's version that they show. */
  readonly version: number;
  /**
   * Reads the database and puts what it says in force.
   *
   * @throws FailureError `database`, `bad-value`; nothing has changed then.
   */
  refresh(): Promise<void>;
}

/** @param dataDir absolute, for mailboxes without a destination of their own */
export function liveConfiguration(
  store: Pick<ConfigurationVerbs, "readDirectory">,
  first: Omit<Configuration, "remoteAccounts">,
  dataDir: string,
): LiveConfiguration {
  const settings = { ...loadSettings(first.settings) };
  let directory = directoryOf(first, dataDir, settings.relay);
  let logLevel = chosenLogLevel(first.settings);
  let { version } = first;
  return {
    settings,
    directory: {
      get router() {
        return directory.router;
      },
      resolve: (entry) => directory.resolve(entry),
      destinationOf: (owner) => directory.destinationOf(owner),
      mailboxesAt: (destination) => directory.mailboxesAt(destination),
      domainAddresses: (owner) => directory.domainAddresses(owner),
    },
    get logLevel() {
      return logLevel;
    },
    get version() {
      return version;
    },
    async refresh() {
      const read = await store.readDirectory();
      const next = loadSettings(read.settings);
      const nextDirectory = directoryOf(read, dataDir, next.relay);
      Object.assign(settings, next);
      directory = nextDirectory;
      logLevel = chosenLogLevel(read.settings);
      version = read.version;
    },
  };
}

/**
 * The log level over time: lowLevel and allInfo go back by themselves after an hour, unless pinned (spec 3, seed 66).
 *
 * The moment counts from the change of the setting and is kept with it in the database, so it survives restarts and
 * is the same for every process that works there. It is no setting of a file: it stands beside them under a key of
 * its own. Nothing needs to run at the moment itself: the level in force is a function of what is stored and the hour.
 */
import { type LogLevel, logLevels } from "../core/log.ts";
import { HOUR } from "../core/time.ts";

/** How long the two loudest levels last. */
const loudLevelMs = HOUR;

/** The key under which the store keeps the moment of the last change and the level before it. */
export const logLevelChangeKey = "logLevelChange";

const defaultLevel: LogLevel = "major";

type Stored = Readonly<Record<string, unknown>>;

interface LevelChange {
  /** When the level was chosen, or its pin changed. */
  readonly at: number;
  /** What it goes back to. */
  readonly former: LogLevel;
}

/** The level as it was chosen. */
export interface ChosenLogLevel {
  readonly level: LogLevel;
  /** From then on `former` is in force; null: `level` stays. */
  readonly until: number | null;
  readonly former: LogLevel;
}

/** @param stored the settings as the store keeps them, JSON values under their keys */
export function chosenLogLevel(stored: Stored): ChosenLogLevel {
  const level = levelOf(stored);
  if (!isLoud(level)) return { level, until: null, former: level };
  // Without a moment nobody knows since when: rather quiet than a full disk.
  const change = changeOf(stored) ?? { at: 0, former: defaultLevel };
  const pinned = stored.logLevelPinned === true;
  return { level, until: pinned ? null : change.at + loudLevelMs, former: change.former };
}

/** The level in force at that moment. */
export function logLevelAt(chosen: ChosenLogLevel, now: number): LogLevel {
  return chosen.until !== null && now >= chosen.until ? chosen.former : chosen.level;
}

/** Stored settings as they count at that moment: a level whose hour is over has gone back. */
export function settingsAt(stored: Stored, now: number): Stored {
  const chosen = chosenLogLevel(stored);
  const level = logLevelAt(chosen, now);
  if (level === chosen.level) return stored;
  const { logLevel: _level, [logLevelChangeKey]: _change, ...rest } = stored;
  return level === defaultLevel ? rest : { ...rest, logLevel: level };
}

/**
 * What is to be stored under `logLevelChangeKey` with a change of settings; undefined: nothing.
 *
 * @param before as they count now, by `settingsAt`
 */
export function levelChangeOf(before: Stored, after: Stored, now: number): LevelChange | undefined {
  const level = levelOf(after);
  if (!isLoud(level)) return undefined;
  const standing = changeOf(before);
  const same =
    level === levelOf(before) && (before.logLevelPinned === true) === (after.logLevelPinned === true);
  if (same && standing !== undefined) return standing;
  const former = isLoud(levelOf(before)) ? (standing?.former ?? defaultLevel) : levelOf(before);
  return { at: now, former };
}

function isLoud(level: LogLevel): boolean {
  return level === "lowLevel" || level === "allInfo";
}

function levelOf(stored: Stored): LogLevel {
  return isLevel(stored.logLevel) ? stored.logLevel : defaultLevel;
}

function isLevel(value: unknown): value is LogLevel {
  return logLevels.some((level) => level === value);
}

function changeOf(stored: Stored): LevelChange | undefined {
  const change = stored[logLevelChangeKey];
  if (typeof change !== "object" || change === null || !("at" in change) || !("former" in change)) return;
  const { at, former } = change;
  return typeof at === "number" && isLevel(former) && !isLoud(former) ? { at, former } : undefined;
}

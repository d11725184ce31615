/**
 * One setting: what it is called, what it may hold, what people are told about it.
 */
import type { SettingKind } from "./setting-kinds.ts";

/** Panels of the settings page; the first three are the original's (spec 3). */
export type SettingGroup = "processing" | "source" | "users" | "visits" | "delivery" | "server";

export interface SettingText {
  readonly en: string;
  readonly ja: string;
}

export interface Setting<T, Kind extends string> extends SettingKind<T, Kind> {
  readonly default: T;
  readonly group: SettingGroup;
  readonly label: SettingText;
  /** One or two sentences: what it does, what the ends of its range mean. */
  readonly help: SettingText;
  /** The values that the web offers first, canonical JSON. */
  readonly offered?: readonly unknown[];
}

/** Keeps the kind's exact type, which a plain annotation would widen. */
export function setting<T, Kind extends string>(
  kind: SettingKind<T, Kind>,
  described: Omit<Setting<T, Kind>, keyof SettingKind<T, Kind>>,
): Setting<T, Kind> {
  return { ...kind, ...described };
}

/** The interval choices of the original (spec 3). */
export const offeredIntervals = [
  ...["15s", "30s", "1m", "2m", "3m", "5m", "10m", "20m", "30m"],
  ...["1h", "2h", "3h", "6h", "12h", "1d", "2d", "3d", "7d"],
];

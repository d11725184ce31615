/**
 * Every setting, once: key, kind, default, bounds, labels and help (spec 3). The typed `Settings`, the schema of
 * files, the documentation and later the forms are made from this table.
 */
import { moduleSettings } from "./module-settings.ts";
import { serverSettings } from "./server-settings.ts";
import type { Setting } from "./setting.ts";

export const settingDefinitions = { ...moduleSettings, ...serverSettings };

type Definitions = typeof settingDefinitions;

export type SettingKey = keyof Definitions;

type ValueOf<D> = D extends Setting<infer T, string> ? T : never;

/** Lengths and sizes end in their unit: `delayFailedHosts` is `delayFailedHostsMs`. */
type PropertyName<Key extends string, D> =
  D extends Setting<number, "duration">
    ? `${Key}Ms`
    : D extends Setting<number, "size">
      ? `${Key}Bytes`
      : Key;

/** The settings in force, typed: durations in milliseconds (`…Ms`), sizes in bytes (`…Bytes`). */
export type Settings = {
  readonly [Key in SettingKey as PropertyName<Key, Definitions[Key]>]: ValueOf<Definitions[Key]>;
};

export const settingKeys = Object.keys(settingDefinitions) as SettingKey[];

/** The definition behind a key, its value's type forgotten: for those who walk over all of them. */
export function settingDefinition(key: SettingKey): Setting<unknown, string> {
  return settingDefinitions[key] as Setting<unknown, string>;
}

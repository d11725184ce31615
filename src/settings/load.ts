/**
 * From what the store keeps (canonical JSON of the values that were set) to the typed settings in force.
 */
import { FailureError, failure } from "../core/failure.ts";
import { type SettingKey, type Settings, settingDefinition, settingKeys } from "./definitions.ts";

/**
 * @param stored JSON values under their keys; keys of a newer program are passed over.
 * @throws FailureError `bad-value`, scope local, when a stored value cannot be read: values are checked before
 *   they are stored, so this is damage, and a guess would be worse than a stop.
 */
export function loadSettings(stored: Readonly<Record<string, unknown>>): Settings {
  const settings: Record<string, unknown> = {};
  for (const key of settingKeys) settings[propertyName(key)] = valueInForce(key, stored[key]);
  return settings as Settings;
}

function valueInForce(key: SettingKey, stored: unknown): unknown {
  const definition = settingDefinition(key);
  if (stored === undefined) return definition.default;
  const reading = definition.read(stored);
  if (!reading.ok) {
    throw new FailureError(failure("bad-value", "local", { params: { key, value: JSON.stringify(stored) } }));
  }
  return reading.value;
}

function propertyName(key: SettingKey): string {
  const { kind } = settingDefinition(key);
  return kind === "duration" ? `${key}Ms` : kind === "size" ? `${key}Bytes` : key;
}

/**
 * The schema of the `settings` section of a file, made from the definitions.
 *
 * Output: canonical JSON under each key that was given; null takes a setting back to its default. Issues are
 * custom ones whose `params` hold a `Problem`.
 */
import { z } from "zod";
import { settingDefinition, settingKeys } from "./definitions.ts";

export const settingsSchema = z.strictObject(
  Object.fromEntries(settingKeys.map((key) => [key, settingSchema(key).optional()])),
);

function settingSchema(key: (typeof settingKeys)[number]) {
  const definition = settingDefinition(key);
  return z.unknown().transform((given, context) => {
    if (given === null) return null;
    const reading = definition.read(given);
    if (reading.ok) return definition.write(reading.value);
    for (const problem of reading.problems) {
      context.issues.push({
        code: "custom",
        input: given,
        path: [...problem.path],
        params: { code: problem.code, ...problem.params },
      });
    }
    return z.NEVER;
  });
}

/**
 * A configuration file as a value, or every mistake in it with line and column.
 */
import type { z } from "zod";
import type { Fault, Mistake, MistakeCode, Path } from "./mistake.ts";
import { type ConfigurationFile, fileSchema, laterKeys } from "./schema.ts";
import { readYamlText, type YamlText } from "./yaml-text.ts";

export interface ReadFile {
  /** What could be read, mistaken values left out; null: the text could not be read far enough. */
  readonly file: ConfigurationFile | null;
  readonly mistakes: readonly Mistake[];
  /** Whether a fault only follows from a value that was left out, and so has been reported already. */
  excuses(fault: Fault): boolean;
  /** Finds the line of a fault that is seen later. */
  place(fault: Fault): Mistake;
}

export function readConfigurationFile(bytes: Uint8Array): ReadFile {
  return readConfigurationTree(readYamlText(bytes));
}

/** The same for values that come from elsewhere than YAML. Mistaken values are taken out of the tree itself. */
export function readConfigurationTree(yaml: YamlText): ReadFile {
  // After a slip in the syntax the rest of the tree is guesswork; after a key named twice it is not.
  if (yaml.mistakes.some((mistake) => mistake.code !== "duplicate-key")) {
    return { file: null, mistakes: yaml.mistakes, excuses: () => false, place: yaml.place };
  }
  const first = fileSchema.safeParse(yaml.value);
  const faults = first.success ? [] : first.error.issues.flatMap(faultsOf);
  const leftOut = faults.map((fault) => leaveOut(yaml.value, fault.path));
  const parsed = first.success ? first : fileSchema.safeParse(yaml.value);
  return {
    file: parsed.success ? parsed.data : null,
    mistakes: [...yaml.mistakes, ...faults.map(yaml.place)].sort(byPlace),
    excuses: (fault) => followsFrom(fault, leftOut),
    place: yaml.place,
  };
}

/** Takes a mistaken value out of the tree: the nearest key that holds it, so that no list changes its numbering. */
function leaveOut(tree: unknown, path: Path): Path {
  let cut = path[0] === "settings" ? path.slice(0, 2) : [...path];
  while (typeof cut.at(-1) === "number") cut = cut.slice(0, -1);
  const key = cut.at(-1);
  let parent: unknown = tree;
  for (const step of cut.slice(0, -1)) {
    parent = typeof parent === "object" && parent !== null ? Reflect.get(parent, step) : undefined;
  }
  if (key !== undefined && typeof parent === "object" && parent !== null) Reflect.deleteProperty(parent, key);
  return cut;
}

function followsFrom(fault: Fault, leftOut: readonly Path[]): boolean {
  const within = (steps: number, ...keys: string[]) =>
    leftOut.some(
      (path) =>
        fault.path.slice(0, steps).every((step, index) => path[index] === step) &&
        keys.includes(String(path.at(-1))),
    );
  switch (fault.code) {
    case "missing-key":
      return within(fault.path.length, String(fault.params.key));
    case "missing-password":
      return within(fault.path.length, "password", "passwordFile", "passwordEnv", "passwordCommand");
    case "unknown-local-account":
      // Only what the domain's accounts are called can have been left out, not the domain's own aliases.
      return leftOut.some((path) => path[2] === "accounts") && within(2, "accounts", "name", "aliases");
    case "no-main-domain":
      return within(0, "domains", "main", "name");
    default:
      return false;
  }
}

/** In the order in which a person meets them. */
export function byPlace(a: Mistake, b: Mistake): number {
  return a.line - b.line || a.column - b.column;
}

/** What a value of the schema was refused for. */
export function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        code: laterKeys.has(key) ? "not-available" : "unknown-key",
        path: [...path, key],
        params: { key, known: knownKeys(path) },
        atKey: true,
      }));
    case "invalid_type":
      return [
        issue.expected === "array"
          ? { code: "expected-list", path, params: {} }
          : { code: "expected-map", path, params: { keys: knownKeys(path) } },
      ];
    case "custom": {
      const { code, ...params } = issue.params as { code: MistakeCode } & Fault["params"];
      return [{ code, path, params, atKey: code === "unknown-key" }];
    }
    default:
      return [{ code: "expected-text", path, params: {} }];
  }
}

/** The keys that may stand at a path, for the sentence about one that may not. */
function knownKeys(path: readonly (string | number)[]): string {
  let schema: unknown = fileSchema;
  for (const step of path) {
    const inner = unwrapped(schema);
    schema = typeof step === "number" ? inner.element : inner.shape?.[step];
  }
  return Object.keys(unwrapped(schema).shape ?? {}).join(", ");
}

interface SchemaPart {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly element?: unknown;
  readonly unwrap?: () => unknown;
}

function unwrapped(schema: unknown): SchemaPart {
  let part = (schema ?? {}) as SchemaPart;
  while (part.unwrap !== undefined && part.shape === undefined && part.element === undefined) {
    part = part.unwrap() as SchemaPart;
  }
  return part;
}

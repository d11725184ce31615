/**
 * From the text of a file to plain values, with the way back from a value to its line and column.
 *
 * YAML 1.2: `off` is a word, not false. Where a key holds text, the text is what stands in the file: `007` stays
 * `007`. Aliases are refused (a short file must not unfold into a huge one); so are duplicate keys.
 */
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from "yaml";
import { type Fault, type Mistake, pathText } from "./mistake.ts";
import { textKeys } from "./text-keys.ts";

export interface YamlText {
  readonly value: unknown;
  readonly mistakes: readonly Mistake[];
  place(fault: Fault): Mistake;
}

export function readYamlText(bytes: Uint8Array): YamlText {
  const text = decode(bytes);
  if (text === undefined) return broken("not-utf8", 1, 1);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    version: "1.2",
    merge: false,
  });
  const mistakes: Mistake[] = document.errors.map((error) => ({
    code: error.code === "DUPLICATE_KEY" ? "duplicate-key" : "yaml-syntax",
    line: error.linePos?.[0].line ?? 1,
    column: error.linePos?.[0].col ?? 1,
    path: "",
    params: {
      key: keyAt(text, error.pos[0]),
      detail: error.message.split("\n")[0]?.replace(/ at line .*$/, "") ?? "",
    },
  }));
  const place = (wrong: Fault): Mistake => {
    const { line, col } = lines.linePos(offsetOf(document.contents, wrong));
    return { code: wrong.code, line, column: col, path: pathText(wrong.path), params: wrong.params };
  };
  if (document.contents === null && mistakes.length === 0) return broken("empty-file", 1, 1);
  visit(document, {
    Alias: (_key, alias) => {
      const { line, col } = lines.linePos(alias.range?.[0] ?? 0);
      mistakes.push({
        code: "alias-not-allowed",
        line,
        column: col,
        path: "",
        params: { alias: alias.source },
      });
    },
  });
  return { value: plain(document.contents, ""), mistakes, place };
}

function broken(code: "not-utf8" | "empty-file", line: number, column: number): YamlText {
  const mistake: Mistake = { code, line, column, path: "", params: {} };
  return {
    value: null,
    mistakes: [mistake],
    place: (wrong) => ({ ...mistake, ...wrong, path: pathText(wrong.path) }),
  };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function plain(node: unknown, key: string): unknown {
  if (isMap(node)) {
    return Object.fromEntries(
      node.items.map((pair) => {
        const name = keyText(pair);
        return [name, plain(pair.value, name)];
      }),
    );
  }
  if (isSeq(node)) return node.items.map((item) => plain(item, key));
  if (!isScalar(node) || isAlias(node)) return null;
  if (typeof node.value === "bigint") return node.source ?? String(node.value);
  if (node.value === null || typeof node.value === "string" || !textKeys.has(key)) return node.value;
  return node.source ?? String(node.value);
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? (pair.key.source ?? String(pair.key.value)) : String(pair.key);
}

function offsetOf(contents: Node | null, wrong: Fault): number {
  let node: unknown = contents;
  let offset = contents?.range?.[0] ?? 0;
  for (const [index, step] of wrong.path.entries()) {
    const last = index === wrong.path.length - 1;
    let key: unknown;
    let value: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => keyText(item) === step);
      key = pair?.key;
      value = pair?.value;
    } else if (isSeq(node) && typeof step === "number") {
      value = node.items[step];
    }
    const target = (last && wrong.atKey) || !hasRange(value) ? (hasRange(key) ? key : undefined) : value;
    if (target === undefined) return offset;
    offset = hasRange(target) ? target.range[0] : offset;
    node = value;
  }
  return offset;
}

function hasRange(value: unknown): value is Node & { range: [number, number, number] } {
  return isNode(value) && Array.isArray(value.range);
}

function keyAt(text: string, offset: number): string {
  return /^["']?([\w-]+)/.exec(text.slice(offset, offset + 100))?.[1] ?? "";
}

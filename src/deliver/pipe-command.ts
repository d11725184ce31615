/**
 * The text of a `pipe:` destination (spec 2, R-54): a program and its arguments. There is no shell, so nothing is
 * expanded but the placeholders below, and those only after the text was split: what mail brings stays one argument.
 */
import { type Address, formatAddress } from "../core/address.ts";
import { type DestinationMistake, mistaken, type Read, readable } from "./destination-mistake.ts";

/** What a command may be told of the mail, by name. */
export type PipeValues = Readonly<Record<Placeholder, string>>;

const placeholders = ["sender", "recipient", "user", "extension", "domain"] as const;
type Placeholder = (typeof placeholders)[number];

export interface PipeCommand {
  /** Absolute path. */
  readonly program: string;
  /** Placeholders still in them. */
  readonly args: readonly string[];
}

/** Both forms: ours, and the one of Postfix's pipe(8). */
const PLACEHOLDER = /\$?\{([A-Za-z]+)\}/g;

/**
 * Reads `pipe:/usr/lib/dovecot/dovecot-lda -f {sender} -d {user}`.
 *
 * Words are separated by blanks. 'Single' quotes keep everything, "double" quotes all but `\"` and `\\`; elsewhere a
 * backslash keeps the next character.
 */
export function parsePipeCommand(text: string): Read<PipeCommand> {
  const words = splitWords(text.slice("pipe:".length));
  if (words === null) return mistaken("destination-quote", {});
  const [program = "", ...args] = words;
  if (!program.startsWith("/") || program.endsWith("/") || /[\0\r\n]|\$?\{[A-Za-z]+\}/.test(program)) {
    return mistaken("destination-program", { program });
  }
  for (const word of args) {
    // `-{user}` would make an option of what mail brought.
    if (/^--?\$?\{/.test(word)) return mistaken("destination-placeholder-option", { argument: word });
    for (const [written, name = ""] of word.matchAll(PLACEHOLDER)) {
      if (!placeholders.some((known) => known === name)) {
        const known = placeholders.map((one) => `{${one}}`).join(", ");
        return mistaken("destination-placeholder", { placeholder: written, known });
      }
    }
  }
  return readable({ program, args });
}

/** For the checks of a configuration; null: nothing is wrong. */
export function pipeMistake(text: string): DestinationMistake | null {
  const read = parsePipeCommand(text);
  return read.ok ? null : read.mistake;
}

/** null: a quote that does not end, or a backslash at the end. */
function splitWords(text: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    if (/[ \t]/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (char === "'") {
      const end = text.indexOf("'", index + 1);
      if (end === -1) return null;
      word = (word ?? "") + text.slice(index + 1, end);
      index = end;
    } else if (char === '"') {
      const quoted = /^"((?:[^"\\]|\\.)*)"/s.exec(text.slice(index));
      if (!quoted) return null;
      word = (word ?? "") + (quoted[1] ?? "").replace(/\\(["\\])/g, "$1");
      index += quoted[0].length - 1;
    } else if (char === "\\") {
      if (index + 1 === text.length) return null;
      index++;
      word = (word ?? "") + text.charAt(index);
    } else word = (word ?? "") + char;
  }
  if (word !== null) words.push(word);
  return words;
}

/**
 * The values for one mail. A sender of `<>` is `MAILER-DAEMON`, as Postfix's pipe(8) and local(8) say it; `user` and
 * `extension` are the recipient's local part before and after the first `+`.
 *
 * @returns null where a value holds a control character: no program expects one in an argument
 */
export function pipeValues(sender: Address | null, recipient: Address): PipeValues | null {
  const plus = recipient.localPart.indexOf("+", 1);
  const values = {
    sender: sender === null ? "MAILER-DAEMON" : dashProof(sender),
    recipient: dashProof(recipient),
    user: plus === -1 ? recipient.localPart : recipient.localPart.slice(0, plus),
    extension: plus === -1 ? "" : recipient.localPart.slice(plus + 1),
    domain: recipient.domain,
  };
  return Object.values(values).some((value) => /[\u0000-\u001f\u007f]/.test(value)) ? null : values;
}

/**
 * The arguments with their placeholders filled in.
 *
 * @returns null where an argument before `--` would begin with `-` by what mail brought: it could be read as an option
 */
export function pipeArguments(args: readonly string[], values: PipeValues): string[] | null {
  const filled: string[] = [];
  const options = args.indexOf("--");
  for (const [index, written] of args.entries()) {
    const argument = written.replace(PLACEHOLDER, (whole, name: string) =>
      isPlaceholder(name) ? values[name] : whole,
    );
    const beforeEnd = options === -1 || index < options;
    if (beforeEnd && argument.startsWith("-") && !written.startsWith("-")) return null;
    filled.push(argument);
  }
  return filled;
}

function isPlaceholder(name: string): name is Placeholder {
  return placeholders.some((known) => known === name);
}

/** An address as RFC 5321 writes it; one that would begin with a dash is quoted, which means the same. */
function dashProof(address: Address): string {
  const { localPart, domain } = address;
  const text = formatAddress(address);
  return text.startsWith("-") ? `"${localPart}"${domain === "" ? "" : `@${domain}`}` : text;
}

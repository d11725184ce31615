/**
 * One POP3 session of the sample provider (RFC 1939, CAPA of RFC 2449): client lines in, reply bytes out.
 * Knows no socket. Deletions become real in `quit` alone; a session that ends otherwise deletes nothing.
 */
import { createHash } from "node:crypto";
import { findFault, type ProviderFault } from "./faults.ts";
import type { AccountLookup, Maildrop, StoredMessage } from "./maildrop.ts";

export interface SessionTraits {
  readonly accounts: AccountLookup;
  readonly pipelining: boolean;
  readonly uidl: boolean;
  readonly top: boolean;
  readonly apop: boolean;
  readonly faults: () => readonly ProviderFault[];
  /** Maildrops in use by some session: one reader at a time (RFC 1939, section 8). */
  readonly locked: Set<Maildrop>;
}

/** What the connection does next: say these bytes, then maybe close. */
export interface Reply {
  readonly say: Iterable<Uint8Array>;
  readonly close?: boolean;
}

interface OpenMaildrop {
  readonly maildrop: Maildrop;
  /** As of login: numbers hold for the session. */
  readonly messages: readonly StoredMessage[];
  readonly deleted: Set<StoredMessage>;
}

export class ProviderSession {
  readonly greeting: string;
  readonly #traits: SessionTraits;
  readonly #stamp: string;
  #user: string | undefined;
  #open: OpenMaildrop | undefined;

  /** @param stamp unique part of the APOP timestamp */
  constructor(traits: SessionTraits, stamp: string) {
    this.#traits = traits;
    this.#stamp = traits.apop ? `<${stamp}@provider.example>` : "";
    this.greeting = `+OK sample provider ready ${this.#stamp}`.trimEnd();
  }

  /** Answers one line, given without its line end. */
  handle(line: string): Reply {
    const [word = "", ...rest] = line.split(" ");
    const command = word.toUpperCase();
    if (command === "QUIT") return this.#quit();
    if (command === "CAPA") return text(["+OK", ...this.#capabilities(), "."]);
    return this.#open === undefined
      ? this.#authorize(command, rest)
      : this.#transact(this.#open, command, rest.map(Number));
  }

  /** The connection is gone: the maildrop is free, nothing is deleted. */
  end(): void {
    if (this.#open !== undefined) this.#traits.locked.delete(this.#open.maildrop);
    this.#open = undefined;
  }

  #capabilities(): string[] {
    const { pipelining, uidl, top: offersTop } = this.#traits;
    return [
      "USER",
      ...(offersTop ? ["TOP"] : []),
      "RESP-CODES",
      "AUTH-RESP-CODE",
      ...(uidl ? ["UIDL"] : []),
      ...(pipelining ? ["PIPELINING"] : []),
    ];
  }

  #authorize(command: string, words: readonly string[]): Reply {
    switch (command) {
      case "USER":
        this.#user = fromWire(words.join(" "));
        return line("+OK");
      case "PASS":
        return this.#logIn(this.#user ?? "", (password) => password === fromWire(words.join(" ")));
      case "APOP": {
        if (this.#stamp === "") return line("-ERR APOP is not offered");
        const digest = words.at(-1);
        return this.#logIn(
          fromWire(words.slice(0, -1).join(" ")),
          (password) => this.#apop(password) === digest,
        );
      }
      default:
        return line("-ERR log in first");
    }
  }

  #apop(password: string): string {
    return createHash("md5").update(`${this.#stamp}${password}`).digest("hex");
  }

  #logIn(login: string, matches: (password: string) => boolean): Reply {
    const refusal = findFault(this.#traits.faults(), "refuse-login");
    if (refusal !== undefined) return line(`-ERR ${refusal.words}`);
    const account = this.#traits.accounts(login);
    if (account === undefined || !matches(account.password))
      return line("-ERR [AUTH] unknown user or wrong password");
    const { maildrop } = account;
    if (this.#traits.locked.has(maildrop)) return line("-ERR [IN-USE] maildrop is in use by another session");
    this.#traits.locked.add(maildrop);
    this.#open = { maildrop, messages: maildrop.messages, deleted: new Set() };
    return line(`+OK ${maildrop.messages.length} messages`);
  }

  #transact(open: OpenMaildrop, command: string, numbers: readonly number[]): Reply {
    switch (command) {
      case "NOOP":
        return line("+OK");
      case "RSET":
        open.deleted.clear();
        return line("+OK");
      case "STAT": {
        const left = remaining(open);
        return line(`+OK ${left.length} ${left.reduce((sum, [, message]) => sum + message.sizeBytes, 0)}`);
      }
      case "LIST":
        return listing(open, numbers, "LIST", (message) => String(message.sizeBytes));
      case "UIDL":
        return this.#traits.uidl
          ? listing(open, numbers, "UIDL", (message) => message.uid)
          : line("-ERR unknown command");
      case "RETR":
        return withMessage(open, numbers[0], (message) => this.#retrieve(message));
      case "TOP":
        if (!this.#traits.top) return line("-ERR unknown command");
        return withMessage(open, numbers[0], (message) =>
          text(["+OK", ...top(message, numbers[1] ?? 0), "."]),
        );
      case "DELE":
        return withMessage(open, numbers[0], (message) => {
          open.deleted.add(message);
          return line("+OK");
        });
      default:
        return line("-ERR unknown command");
    }
  }

  #retrieve(message: StoredMessage): Reply {
    const faults = this.#traits.faults();
    const refusal = findFault(faults, "refuse-message");
    if (refusal?.uid === message.uid) return line(`-ERR ${refusal.words}`);
    const cut = findFault(faults, "cut-message");
    if (cut?.uid === message.uid) return { say: firstBytes(message, cut.afterBytes), close: true };
    return { say: retrieved(message) };
  }

  #quit(): Reply {
    if (findFault(this.#traits.faults(), "cut-at-quit") !== undefined) return { say: [], close: true };
    this.#open?.maildrop.remove(this.#open.deleted);
    this.end();
    return { ...line("+OK goodbye"), close: true };
  }
}

/** Logins and passwords are bytes on the wire; people here write them in UTF-8. */
function fromWire(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}

function line(words: string): Reply {
  return { say: [Buffer.from(`${words}\r\n`, "latin1")] };
}

function text(lines: readonly string[]): Reply {
  return { say: [Buffer.from(`${lines.join("\r\n")}\r\n`, "latin1")] };
}

function remaining({ messages, deleted }: OpenMaildrop): [number, StoredMessage][] {
  return messages.flatMap((message, index) => (deleted.has(message) ? [] : [[index + 1, message]]));
}

/** Whole listings are the bulk of what a busy provider says: made once for each state of a maildrop. */
const wholeListings = new WeakMap<readonly StoredMessage[], Map<string, Reply>>();

function listing(
  open: OpenMaildrop,
  numbers: readonly number[],
  name: string,
  show: (message: StoredMessage) => string,
): Reply {
  if (numbers.length > 0) {
    return withMessage(open, numbers[0], (message) => line(`+OK ${numbers[0]} ${show(message)}`));
  }
  const make = () =>
    text(["+OK", ...remaining(open).map(([number, message]) => `${number} ${show(message)}`), "."]);
  if (open.deleted.size > 0) return make();
  const known = wholeListings.get(open.messages) ?? new Map<string, Reply>();
  wholeListings.set(open.messages, known);
  const reply = known.get(name) ?? make();
  known.set(name, reply);
  return reply;
}

function withMessage(
  open: OpenMaildrop,
  number: number | undefined,
  answer: (message: StoredMessage) => Reply,
): Reply {
  const message = number === undefined ? undefined : open.messages[number - 1];
  if (message === undefined || open.deleted.has(message)) return line("-ERR no such message");
  return answer(message);
}

const okLine = Buffer.from("+OK\r\n");
const endLine = Buffer.from(".\r\n");

function* retrieved(message: StoredMessage): Iterable<Uint8Array> {
  yield okLine;
  yield* message.wire();
  yield endLine;
}

function* firstBytes(message: StoredMessage, count: number): Iterable<Uint8Array> {
  yield okLine;
  let left = count;
  for (const chunk of message.wire()) {
    if (left <= 0) return;
    yield chunk.subarray(0, left);
    left -= chunk.length;
  }
}

/** Header and so many lines of the body, in the form for the wire. */
function top(message: StoredMessage, bodyLines: number): string[] {
  const found: string[] = [];
  let left: number | undefined;
  let rest = "";
  for (const chunk of message.wire()) {
    const lines = (rest + Buffer.from(chunk).toString("latin1")).split("\r\n");
    rest = lines.pop() ?? "";
    for (const next of lines) {
      if (left !== undefined && left-- <= 0) return found;
      found.push(next);
      if (left === undefined && next === "") left = bodyLines;
    }
  }
  return found;
}

/**
 * Commands about the maildrop as a whole: CAPA, AUTH alone, STAT, LIST, UIDL. Sending and reading are apart, for
 * several commands may go out in one write.
 */
import { failure } from "../core/failure.ts";
import { type Capabilities, parseCapabilities } from "./capabilities.ts";
import { type Pop3CommandError, Pop3ProtocolError } from "./errors.ts";
import { CAPABILITY_LINES, LISTING_LINES, LISTING_SPARE_LINES, type Pop3Timeouts } from "./limits.ts";
import { LineReader, type ListingReader, parseStat, SizeReader, TextReader, UidReader } from "./listing.ts";
import { commandRefusal } from "./refusal.ts";
import { remoteWords } from "./reply.ts";
import type { Patience, Wire } from "./wire.ts";

/** STAT: messages in the maildrop and their octets (RFC 1939, section 5). */
export interface MaildropStat {
  readonly count: number;
  readonly octets: number;
}

/** UIDL in the server's order, parsed when somebody asks for more than its text. */
export class UidListing {
  /** The answer as it came, latin1, from its first line to the final dot's: equal texts are equal listings. */
  readonly text: string;
  readonly #count: number;
  #reader: UidReader | null = null;

  /** @param count STAT's: lines of higher numbers are dropped */
  constructor(text: string, count: number) {
    this.text = text;
    this.#count = count;
  }

  get numbers(): readonly number[] {
    return this.#parsed().numbers;
  }

  /** `ids[i]` belongs to message `numbers[i]`. Bytes as latin1; two may be equal. */
  get ids(): readonly string[] {
    return this.#parsed().ids;
  }

  get ascending(): boolean {
    return this.#parsed().ascending;
  }

  #parsed(): UidReader {
    this.#reader ??= UidReader.of(this.text, this.#count);
    return this.#reader;
  }
}

/** LIST in the server's order: `sizes[i]`, in octets, belongs to message `numbers[i]`. */
export interface SizeListing {
  readonly numbers: readonly number[];
  readonly sizes: readonly number[];
  /** The numbers ascend. */
  readonly ascending: boolean;
}

/** The wire and how long to wait on it. */
export interface Maildrop {
  readonly wire: Wire;
  readonly timeouts: Pop3Timeouts;
}

/** CAPA from command to last line; null when the server does not know it. */
export async function askCapabilities(maildrop: Maildrop): Promise<Capabilities | null> {
  const { wire, timeouts } = maildrop;
  wire.command("CAPA");
  const patience = wire.patience(timeouts.replyMs, "reply", "CAPA");
  const answer = await wire.answer(patience);
  if (answer.kind === "refused") return null;
  const reader = new LineReader(CAPABILITY_LINES);
  await readLines(wire, reader, patience);
  return parseCapabilities(reader.all);
}

/**
 * AUTH without a mechanism: the names of those that the server has, one a line (MS-POP3, 2.2.1; servers older than
 * CAPA). Empty when it does not take the command so.
 */
export async function askMechanisms(maildrop: Maildrop): Promise<readonly string[]> {
  const { wire, timeouts } = maildrop;
  wire.command("AUTH");
  const patience = wire.patience(timeouts.replyMs, "reply", "AUTH");
  const answer = await wire.answer(patience);
  if (answer.kind === "refused") return [];
  const reader = new LineReader(CAPABILITY_LINES);
  await readLines(wire, reader, patience);
  return reader.all.filter((line) => /^[A-Za-z0-9_-]{1,40}$/.test(line));
}

/**
 * The answer to a STAT that was sent.
 *
 * @param uidlAhead UIDL was sent behind it: LIST cannot make good an answer that is unreadable
 */
export async function readStat(maildrop: Maildrop, uidlAhead = false): Promise<MaildropStat> {
  const { wire, timeouts } = maildrop;
  const answer = await wire.answer(wire.patience(timeouts.replyMs, "reply", "STAT"));
  if (answer.kind === "refused") {
    const error = commandRefusal(wire, "STAT", "maildrop-refused", answer.text);
    if (uidlAhead) await dropAnswers(maildrop, ["UIDL"]);
    throw error;
  }
  const stat = parseStat(answer.text);
  if (stat) return stat;
  if (uidlAhead) {
    const params = wire.params({ command: "STAT", detail: "unreadable" });
    throw wire.fail(failure("protocol", wire.scope, { params, remoteText: remoteWords(answer.text) }));
  }
  const { numbers, sizes } = await askSizes(maildrop, LISTING_LINES);
  // Numbers may have gaps, and the highest must not be beyond the count.
  const count = numbers.reduce((highest, number) => Math.max(highest, number), 0);
  return { count, octets: sizes.reduce((sum, size) => sum + size, 0) };
}

/** LIST from command to last line; numbers over `count` are dropped. */
export async function askSizes(maildrop: Maildrop, count: number): Promise<SizeListing> {
  const { wire, timeouts } = maildrop;
  wire.command("LIST");
  const patience = wire.patience(timeouts.listingMs, "listing", "LIST");
  const answer = await wire.answer(patience);
  if (answer.kind === "refused") throw commandRefusal(wire, "LIST", "maildrop-refused", answer.text);
  const reader = new SizeReader(count, mostLines(count));
  await readLines(wire, reader, patience);
  const { numbers, sizes, ascending } = reader;
  return { numbers, sizes, ascending };
}

/** The answer to a UIDL that was sent: the ids, or the error where UIDL was refused. */
export async function readUidl(maildrop: Maildrop, count: number): Promise<UidListing | Pop3CommandError> {
  const { wire, timeouts } = maildrop;
  const patience = wire.patience(timeouts.listingMs, "listing", "UIDL");
  const answer = await wire.answer(patience);
  if (answer.kind === "refused") return commandRefusal(wire, "UIDL", "no-uidl", answer.text);
  const reader = new TextReader(mostLines(count));
  await readLines(wire, reader, patience);
  return new UidListing(reader.text, count);
}

/** Reads the answers to what was sent behind a refused command; a server may hang up instead. */
export async function dropAnswers(maildrop: Maildrop, commands: readonly string[]): Promise<void> {
  const { wire, timeouts } = maildrop;
  try {
    for (const command of commands) {
      const patience = wire.patience(timeouts.listingMs, "listing", command);
      const answer = await wire.answer(patience);
      if (answer.kind === "ok" && command === "UIDL")
        await readLines(wire, new LineReader(LISTING_LINES), patience);
    }
    wire.pipelined = false;
  } catch (error) {
    if (!(error instanceof Pop3ProtocolError)) throw error;
  }
}

async function readLines(wire: Wire, reader: ListingReader, patience: Patience): Promise<void> {
  while (!reader.done) {
    const chunk = await wire.next(patience);
    const rest = reader.feed(chunk);
    if (reader.exceeded) throw wire.exceeded(patience.command, reader.exceeded.limit, reader.exceeded.bound);
    wire.putBack(chunk.subarray(chunk.length - rest));
  }
  wire.transcript?.line("S", `[${reader.lines} lines]`);
}

function mostLines(count: number): number {
  return Math.min(LISTING_LINES, count + LISTING_SPARE_LINES);
}

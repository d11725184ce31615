/**
 * Addresses out of address fields: mailboxes, groups, and the broken lists that real mailers write.
 *
 * What can be read counts, the rest comes back as `skipped` (spec 6). Linear, depth and number bounded (R-20,
 * R-27); never throws.
 *
 * Read as RFC 5322 3.4 and 4.4 say, and besides: missing commas (`a@x b@x`), semicolons for commas, missing
 * or doubled angle brackets, unbalanced quotation marks and parentheses, stray dots (`foo..bar.@`, docomo),
 * `mailto:`, single quotation marks around an address (Outlook), raw ISO-2022-JP names, UTF-8 (RFC 6532).
 */
import type { Address } from "../core/address.ts";
import { type Piece, readEntry } from "./mailbox-entry.ts";
import { MailboxTokens, maxDepth, type StepCount, type Token } from "./mailbox-tokens.ts";

/** Most addresses that are read out of one message. */
export const maxAddresses = 20_000;

/** What was read out of address fields. */
export interface MailboxList {
  /** In their order, repeats kept. One without a domain has `domain: ""`. */
  readonly mailboxes: Address[];
  /** Pieces that are no address, as they stand, at most 200 characters each. */
  readonly skipped: string[];
  /** Over 20,000 pieces, or nested deeper than 20: the rest was not read, and none of it is to be trusted. */
  readonly overflow: boolean;
  /** Which bound it was; null without overflow. */
  readonly bound: "too-many-addresses" | "too-deep" | null;
}

/**
 * Reads address fields.
 *
 * @param values as `Header.all` gives them, one per field; a quotation mark open in one does not reach the next
 * @param count counts the steps taken (tests of linearity)
 */
export function parseMailboxes(values: readonly string[], count: StepCount = { steps: 0 }): MailboxList {
  const found: Found = { mailboxes: [], skipped: [], bound: null };
  for (const value of values) {
    if (found.bound !== null) break;
    readList(value, found, count);
  }
  return { ...found, overflow: found.bound !== null };
}

interface Found {
  readonly mailboxes: Address[];
  readonly skipped: string[];
  bound: MailboxList["bound"];
}

/** One field value: splits it at commas, semicolons and colons, and pairs angle brackets. */
function readList(value: string, found: Found, count: StepCount): void {
  const tokens = new MailboxTokens(value, count);
  let groups = 0;
  let entry: Piece[] = [];
  /** The entry has given an address in angle brackets, so words left over are its name. */
  let named = false;
  const endEntry = () => {
    keep(readEntry(entry, named ? "named" : "bare", value), found);
    entry = [];
    named = false;
  };

  let token = tokens.next();
  while (token !== null && found.bound === null) {
    switch (token.kind) {
      case "word":
      case "@":
        entry.push(token);
        break;
      case ",":
        endEntry();
        break;
      case ";":
        if (groups > 0) groups--;
        endEntry();
        break;
      case ":":
        // What stood before names a group, or is `mailto`; with an address in it, it was meant otherwise.
        if (entry.some((piece) => piece.kind === "@")) endEntry();
        entry = [];
        named = false;
        if (++groups > maxDepth) found.bound = "too-deep";
        break;
      case "<": {
        // What stood before is a name, also where it looks like an address.
        entry = [];
        named = true;
        const { content, behind } = takeAngle(tokens);
        readAngle(content, behind?.kind === ">", value, found);
        token = behind?.kind === "<" ? behind : tokens.next();
        continue;
      }
      case ">":
        break;
    }
    token = tokens.next();
  }
  if (tokens.tooDeep) found.bound = "too-deep";
  endEntry();
}

/** Everything up to the closing bracket, or to the next opening one or the end where it is missing. */
function takeAngle(tokens: MailboxTokens): { content: Token[]; behind: Token | null } {
  const content: Token[] = [];
  let token = tokens.next();
  while (token !== null && token.kind !== ">" && token.kind !== "<") {
    content.push(token);
    token = tokens.next();
  }
  return { content, behind: token };
}

/** The inside of angle brackets: a route (RFC 5322, 4.4) and an address, or what was crammed into them. */
function readAngle(content: readonly Token[], closed: boolean, value: string, found: Found): void {
  let rest = content;
  if (rest[0]?.kind === "@") {
    const colon = rest.findLastIndex((token) => token.kind === ":");
    rest = rest.slice(colon + 1);
  }
  const segments: { pieces: Piece[]; beforeColon: boolean }[] = [];
  let pieces: Piece[] = [];
  for (const token of rest) {
    if (token.kind === "word" || token.kind === "@") {
      pieces.push(token);
    } else {
      segments.push({ pieces, beforeColon: token.kind === ":" });
      pieces = [];
    }
  }
  segments.push({ pieces, beforeColon: false });
  const single =
    closed && segments.filter((segment) => segment.pieces.length > 0 && !segment.beforeColon).length === 1;
  for (const segment of segments) {
    // `mailto:`
    if (segment.beforeColon && !segment.pieces.some((piece) => piece.kind === "@")) continue;
    keep(readEntry(segment.pieces, single ? "angle" : "named", value), found);
  }
}

function keep(results: readonly (Address | string)[], found: Found): void {
  for (const result of results) {
    if (found.bound !== null) return;
    if (found.mailboxes.length + found.skipped.length >= maxAddresses) found.bound = "too-many-addresses";
    else if (typeof result === "string") found.skipped.push(result);
    else found.mailboxes.push(result);
  }
}

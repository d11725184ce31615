/**
 * One entry of an address list: which words are an address and which a name (RFC 5322, 3.4).
 *
 * An address is never put together from pieces that only a repair would join: what could mean two things
 * (`a@b@c`) is none. A quoted local part never changes the domain. No control character gets through.
 */
import { type Address, foldDomain } from "../core/address.ts";
import type { AtToken, WordToken } from "./mailbox-tokens.ts";

/** What stands in an entry: words, and the sign between local part and domain. */
export type Piece = WordToken | AtToken;

/** Longest address that is taken for one; RFC 5321 4.5.3.1.3 asks for 256. */
const maxAddressLength = 500;
const maxSkippedLength = 200;

/**
 * The addresses of one entry.
 *
 * @param place `angle`: all of it must be one address or more; `bare`: words before an address are a name, and a
 *   single word is an address without domain; `named`: words alone are a name
 * @param value the field that the pieces are of
 * @returns addresses, and the pieces that are none as they stand, in their order
 */
export function readEntry(
  pieces: readonly Piece[],
  place: "angle" | "bare" | "named",
  value: string,
): (Address | string)[] {
  const [firstPiece] = pieces;
  const lastPiece = pieces.at(-1);
  if (!firstPiece || !lastPiece) return [];
  const results: (Address | string)[] = [];
  const loose: WordToken[][] = [];
  let index = 0;
  while (index < pieces.length) {
    const local = runAt(pieces, index, place === "angle");
    index += local.length;
    if (pieces[index]?.kind !== "@") {
      loose.push(local);
      continue;
    }
    const from = local[0]?.start ?? pieces[index]?.start ?? 0;
    const domain = runAt(pieces, index + 1, place === "angle");
    index += 1 + domain.length;
    let address = addressOf(local, domain);
    // `a@b@c` names nobody for certain.
    while (pieces[index]?.kind === "@") {
      address = null;
      index += 1 + runAt(pieces, index + 1, place === "angle").length;
    }
    results.push(
      address ?? value.slice(from, Math.min(pieces[index - 1]?.end ?? from, from + maxSkippedLength)),
    );
  }

  const whole = value.slice(firstPiece.start, Math.min(lastPiece.end, firstPiece.start + maxSkippedLength));
  const names = loose.filter((run) => run.some((word) => word.form !== "encoded"));
  if (results.length === 0) {
    if (place === "named") return [];
    const [only] = loose;
    const alone = only && loose.length === 1 && names.length === 1 ? localOf(only) : null;
    return [alone === null ? whole : { localPart: alone, domain: "" }];
  }
  // `<john smith@x>`: taking `smith` could reach another person.
  return place === "angle" && names.length > 0 ? [whole] : results;
}

/**
 * The words from here on that are one name: nothing stands between them, or a dot does (RFC 5322, 4.4:
 * `john . doe`). Outside brackets a dot at the end of a word joins nothing: `Mr. bob@x`.
 */
function runAt(pieces: readonly Piece[], start: number, inBrackets: boolean): WordToken[] {
  const run: WordToken[] = [];
  for (let index = start; index < pieces.length; index++) {
    const piece = pieces[index];
    if (piece?.kind !== "word") break;
    const last = run.at(-1);
    if (last) {
      if (piece.form === "encoded" || last.form === "encoded") break;
      const dotted = piece.text.startsWith(".") || (inBrackets ? last.text.endsWith(".") : last.text === ".");
      if (piece.spaceBefore && !dotted) break;
    }
    run.push(piece);
  }
  return run;
}

const noNames = /[\u0000-\u001f\u007f-\u009f]/;

/** The local part that these words spell; null where they cannot be one. */
function localOf(words: readonly WordToken[]): string | null {
  const text = words.map((word) => word.text).join("");
  const readable = text !== "" && text.length <= maxAddressLength && !noNames.test(text);
  return readable && words.every((word) => word.form === "atom" || word.form === "quoted") ? text : null;
}

/** The address that these words spell on either side of the sign; null where they cannot be one. */
function addressOf(local: readonly WordToken[], domain: readonly WordToken[]): Address | null {
  let localPart = localOf(local);
  let name = domain.map((word) => word.text).join("");
  if (localPart === null || localPart.length + name.length > maxAddressLength) return null;
  const [only] = domain;
  if (only?.form === "literal" && domain.length === 1) return { localPart, domain: name.toLowerCase() };
  if (domain.some((word) => word.form !== "atom")) return null;
  if (name.endsWith("'") && local[0]?.form === "atom" && localPart.startsWith("'")) {
    name = name.slice(0, -1);
    localPart = localPart.slice(1);
  }
  const folded = foldDomain(name.replace(/\.+$/, ""));
  return localPart !== "" && /^[\w.\u00a0-\uffff-]+$/.test(folded) ? { localPart, domain: folded } : null;
}

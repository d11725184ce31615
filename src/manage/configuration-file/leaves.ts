/**
 * The single values of a file: each read into the form the store keeps, or refused with what was expected.
 */
import { isIP } from "node:net";
import { isAbsolute } from "node:path";
import { DAY, HOUR, parseDuration, SECOND } from "../../core/time.ts";
import { destinationMistake } from "../../deliver/check-destination.ts";
import { zonedMoment } from "../../message/date.ts";
import { parseSize } from "../../settings/size.ts";
import { asciiName } from "../host-name.ts";
import type { MistakeCode, Path } from "./mistake.ts";

export type Leaf<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly problems: readonly {
        readonly code: MistakeCode;
        readonly path: Path;
        readonly params: Readonly<Record<string, string | number>>;
      }[];
    };

function good<T>(value: T): Leaf<T> {
  return { ok: true, value };
}

function bad(code: MistakeCode, params: Readonly<Record<string, string | number>> = {}): Leaf<never> {
  return { ok: false, problems: [{ code, path: [], params }] };
}

const CONTROL = /[\u0000-\u001f\u007f]/;

/** One line of text. */
export function line(given: unknown): Leaf<string> {
  return typeof given === "string" && given !== "" && !CONTROL.test(given)
    ? good(given)
    : bad("expected-text");
}

/** Any text, line ends too. */
export function text(given: unknown): Leaf<string> {
  return typeof given === "string" && !given.includes("\0") ? good(given) : bad("expected-text");
}

export function flag(given: unknown): Leaf<boolean> {
  return typeof given === "boolean" ? good(given) : bad("expected-flag");
}

export function choice<const Choices extends readonly string[]>(
  choices: Choices,
): (given: unknown) => Leaf<Choices[number]> {
  return (given) =>
    typeof given === "string" && choices.includes(given)
      ? good(given as Choices[number])
      : bad("expected-choice", { choices: choices.join(", ") });
}

/** Milliseconds; `disabled` keeps the record, dashes delete it (seed 26; four dashes are accepted). */
export function interval(given: unknown): Leaf<number | "disabled" | "delete"> {
  if (given === "disabled") return good("disabled");
  if (typeof given === "string" && /^-{4,5}$/.test(given)) return good("delete");
  const ms = typeof given === "string" ? parseDuration(given) : undefined;
  return ms !== undefined && ms >= SECOND && ms <= 365 * DAY ? good(ms) : bad("expected-interval");
}

/** What the first visit takes: null is all of it. A date is kept as it was written: its zone may be the server's. */
export function firstVisit(given: unknown): Leaf<string | null> {
  if (given === "all") return good(null);
  if (given === "markSeen") return good(given);
  const since = typeof given === "string" ? /^since\s+(.+)$/.exec(given.trim())?.[1] : undefined;
  return since !== undefined && zonedMoment(since, "UTC") !== null
    ? good(`since ${since.trim()}`)
    : bad("expected-first-visit");
}

/** Milliseconds; a whole number counts days, on the command line too, where everything is text. */
export function keepingTime(given: unknown): Leaf<number> {
  const number = typeof given === "string" && /^\d+$/.test(given) ? Number(given) : given;
  const days = typeof number === "number" && Number.isSafeInteger(number) ? number * DAY : undefined;
  const ms = typeof number === "string" ? parseDuration(number) : days;
  return ms !== undefined && ms >= HOUR && ms <= 3650 * DAY ? good(ms) : bad("expected-keeping-time");
}

export function size(given: unknown): Leaf<number> {
  const bytes = typeof given === "number" || typeof given === "string" ? parseSize(String(given)) : undefined;
  return bytes !== undefined && bytes > 0 ? good(bytes) : bad("expected-size", { min: "1B", max: "1TiB" });
}

/** Never CR, LF, NUL; with `USER ` and CRLF within one command line of 255 octets. */
export function login(given: unknown): Leaf<string> {
  return typeof given === "string" &&
    given !== "" &&
    !/[\r\n\0]/.test(given) &&
    Buffer.byteLength(given) <= 248
    ? good(given)
    : bad("expected-login");
}

/** Never CR, LF, NUL; everything else is a password (F36). */
export function password(given: unknown): Leaf<string> {
  return typeof given === "string" && given !== "" && !/[\r\n\0]/.test(given)
    ? good(given)
    : bad("expected-password");
}

export function domainName(given: unknown): Leaf<string> {
  return typeof given === "string" && asciiName(given) !== undefined && !given.includes("_")
    ? good(given)
    : bad("expected-domain-name");
}

/** A local part that is also a folder's name: no blank, no slash, no `@`. */
export function accountName(given: unknown): Leaf<string> {
  return typeof given === "string" && /^[^\u0000-\u0020\u007f/\\@"<>(),:;[\]]{1,64}$/u.test(given)
    ? good(given)
    : bad("expected-account-name");
}

function mailAddress(given: unknown): Leaf<string> {
  const at = typeof given === "string" ? given.lastIndexOf("@") : -1;
  return typeof given === "string" && at > 0 && !CONTROL.test(given) && domainName(given.slice(at + 1)).ok
    ? good(given)
    : bad("expected-address");
}

/** An address, or a name in the same domain. */
export function routeTarget(given: unknown): Leaf<string> {
  return accountName(given).ok ? accountName(given) : mailAddress(given);
}

export function ipAddress(given: unknown): Leaf<string> {
  return typeof given === "string" && isIP(given) !== 0 ? good(given) : bad("expected-ip-address");
}

/** Name of a header field (RFC 5322, 2.2); a colon typed after it is taken off. */
export function fieldName(given: unknown): Leaf<string> {
  const name = typeof given === "string" ? given.replace(/:$/, "") : "";
  return /^[!-9;-~]{1,100}$/.test(name) ? good(name) : bad("expected-field-name");
}

/** SHA-256 of a certificate: 64 hexadecimal digits, with or without colons. */
export function fingerprint(given: unknown): Leaf<string> {
  return typeof given === "string" && /^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i.test(given)
    ? good(given)
    : bad("expected-fingerprint");
}

export function absolutePath(given: unknown): Leaf<string> {
  return typeof given === "string" && isAbsolute(given) && !given.includes("\0")
    ? good(given)
    : bad("expected-absolute-path");
}

export function recordId(given: unknown): Leaf<string> {
  return typeof given === "string" && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(given)
    ? good(given)
    : bad("expected-id");
}

const destinationForms =
  /^(maildir:\/.*|lmtp:\/\/.+|lmtp\+unix:.+|smtps?:\/\/.+|imaps?:\/\/[^\s/]+\/.+|pipe:.+)$/;

/** Where an account's mail goes, as people write it (spec 2). */
export function destination(given: unknown): Leaf<string> {
  if (typeof given !== "string" || !destinationForms.test(given) || CONTROL.test(given)) {
    return bad("expected-destination", {
      schemes:
        "maildir:/PATH, lmtp://HOST:PORT, lmtp+unix:/PATH, smtp://, smtps://, imap://, imaps://, pipe:COMMAND",
    });
  }
  const mistake = destinationMistake(given);
  return mistake === null ? good(given) : bad(mistake.code, mistake.params);
}

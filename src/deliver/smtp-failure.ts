/**
 * What a mail server said, or did not say, as failures. Pure.
 *
 * Trouble on the way to the server is always temporary, also a greeting of 5xx, a refused password and a certificate
 * that is not valid: a mistake in the settings must not bounce mail. What the server says about one mail counts as it
 * says it: 4xx temporary, 5xx for good (RFC 5321, 4.2.1).
 */
import { type Failure, failure } from "../core/failure.ts";
import { placeText, type WireDestination } from "./wire-destination.ts";

/** Names for the sentences. */
export interface Hop {
  /** The destination's text. */
  readonly destination: string;
  /** `host:port`, or the socket's path. */
  readonly host: string;
}

/** What a reply was given to. */
export type ReplyStep = "MAIL FROM" | "RCPT TO" | "DATA";

/** A refusal, and whether it is about the destination rather than this mail. */
export interface Refusal {
  readonly failure: Failure;
  readonly unreachable: boolean;
}

const REMOTE_TEXT_BYTES = 500;

export function hopOf(destination: string, { place }: WireDestination): Hop {
  return { destination, host: placeText(place) };
}

/**
 * The server cannot be worked with now.
 *
 * @param detail the system's or OpenSSL's name for it, or `timeout`, `closed`, `auth`, `greeting` …
 */
export function unreachable(hop: Hop, detail: string, reply: string | null = null): Failure {
  return failure("destination-unreachable", "recipient", {
    params: { ...hop, detail },
    status: "4.4.1",
    remoteText: boundedText(reply),
  });
}

/** The message is larger than the server said it takes (RFC 1870): nothing was sent. */
export function tooLarge(hop: Hop): Failure {
  return failure("delivery-refused", "recipient", {
    params: { ...hop, detail: "SIZE" },
    permanent: true,
    status: "5.3.4",
  });
}

/**
 * An address that cannot be said to this server.
 *
 * @param status `5.6.7`: it needs SMTPUTF8 (RFC 6531, 3.2), `5.1.3` and `5.1.7`: recipient and sender hold what no
 *   command may
 */
export function unsayable(hop: Hop, status: "5.6.7" | "5.1.3" | "5.1.7"): Failure {
  const detail = status === "5.6.7" ? "SMTPUTF8" : "address";
  return failure("delivery-refused", "recipient", { params: { ...hop, detail }, permanent: true, status });
}

/**
 * A reply that is no acceptance.
 *
 * 421 closes the connection wherever it stands, and 530 to 538 ask for a login (RFC 4954): both are about us and the
 * server. A full mailbox is known by x.2.2, or by 552 without an enhanced code after the recipient was named
 * (RFC 5321, 4.2.2). What is no reply at all is temporary.
 */
export function refusal(hop: Hop, reply: string, step: ReplyStep): Refusal {
  const code = /^\d{3}(?=[ \-\n]|$)/.exec(reply)?.[0] ?? "";
  const status = enhancedStatus(reply);
  if (code === "421" || /^53[0-8]$/.test(code) || !/^[45]/.test(code)) {
    const detail = code === "" || !/^[45]/.test(code) ? "protocol" : code;
    return { failure: unreachable(hop, detail, reply), unreachable: true };
  }
  const permanent = code.startsWith("5");
  const full = status?.endsWith(".2.2") ?? (code === "552" && step !== "MAIL FROM");
  const standing = permanent ? ("delivery-refused" as const) : ("delivery-deferred" as const);
  return {
    failure: failure(full ? "mailbox-full" : standing, "recipient", {
      params: { ...hop },
      permanent,
      status: status ?? `${code.charAt(0)}.${full ? "2.2" : "0.0"}`,
      remoteText: boundedText(reply),
    }),
    unreachable: false,
  };
}

/** RFC 3463 code of a reply's first line; null where there is none or it contradicts the reply's own class. */
function enhancedStatus(reply: string): string | null {
  const [, digit, status] = /^(\d)\d\d[ -]([245]\.\d{1,3}\.\d{1,3})(?![\d.])/.exec(reply) ?? [];
  return status?.charAt(0) === digit ? (status ?? null) : null;
}

/** At most 500 bytes, whole characters. */
export function boundedText(text: string | null): string | null {
  if (text === null) return null;
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= REMOTE_TEXT_BYTES) return text;
  let end = REMOTE_TEXT_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}

/**
 * Bounds on time and size for one POP3 session. Sizes are fixed, times are settings.
 */
import { MINUTE, SECOND } from "../core/time.ts";

/** How long we wait, each an absolute deadline on the monotonic clock; milliseconds. */
export interface Pop3Timeouts {
  /** Name lookup and TCP connection together. */
  readonly connectMs: number;
  /** TLS handshake, also after STLS. */
  readonly tlsHandshakeMs: number;
  /** The server's first line. */
  readonly greetingMs: number;
  /** Status line of every other command; CAPA whole. */
  readonly replyMs: number;
  /** LIST or UIDL, from command to last line. */
  readonly listingMs: number;
  /** Between two pieces of a message. */
  readonly idleMs: number;
  readonly quitMs: number;
}

/** A message that comes slower than this over a whole span is given up (R-29: slow drips beat an idle limit). */
export interface MinimumRate {
  readonly bytesPerSecond: number;
  readonly overMs: number;
}

export const defaultTimeouts: Pop3Timeouts = {
  connectMs: 30 * SECOND,
  tlsHandshakeMs: 30 * SECOND,
  greetingMs: 60 * SECOND,
  replyMs: 180 * SECOND,
  listingMs: 10 * MINUTE,
  idleMs: 120 * SECOND,
  quitMs: 30 * SECOND,
};

export const defaultMinimumRate: MinimumRate = { bytesPerSecond: 1024, overMs: 5 * MINUTE };

/** RFC 2449 section 4 allows 512 octets; 2,000 have been seen. */
export const STATUS_LINE_BYTES = 8 * 1024;
/** One line of CAPA, LIST, UIDL: an id of 10 KB must not end the visit. */
export const LISTING_LINE_BYTES = 64 * 1024;
/** One whole listing, whatever STAT promised. */
export const LISTING_BYTES = 64 * 1024 * 1024;
export const CAPABILITY_LINES = 1000;
/** More lines than STAT counted that a listing may have. */
export const LISTING_SPARE_LINES = 1000;
export const LISTING_LINES = 1_000_000;
export const SASL_CHALLENGE_BYTES = 16 * 1024;
/** What TOP may answer with (R-20: header parsed 2 MiB). */
export const TOP_BYTES = 2 * 1024 * 1024;
/** A command line with its CRLF (RFC 2449, section 4). */
export const COMMAND_BYTES = 255;
export const REMOTE_WORDS_BYTES = 500;

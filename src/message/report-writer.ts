/**
 * An error report as bytes: multipart/report with a text for people, one for programs, and the original's header
 * (RFC 6522, RFC 3464). Pure; LF line ends, the spool's form.
 *
 * No foreign byte gets into a field of ours but printable ASCII; the original's header is carried as it was.
 */
import { type Address, formatAddress } from "../core/address.ts";
import { formatMailDate } from "./date.ts";
import { encodedWords } from "./encoded-words.ts";

/** One recipient that the message did not reach. */
export interface FailedRecipient {
  readonly recipient: Address;
  /** Enhanced status code (RFC 3463): `5.1.1`. */
  readonly status: string;
  /** The next server's name where one refused; null: it was us. */
  readonly remoteHost: string | null;
  /** Its own words; null: it said nothing. */
  readonly remoteText: string | null;
}

export interface Report {
  /** The report's own message id. */
  readonly id: string;
  readonly from: Address;
  readonly to: Address;
  readonly subject: string;
  /** For people; lines end in LF. */
  readonly text: string;
  /** Our own name (setting `serverName`). */
  readonly serverName: string;
  /** When the original came to us, and when the report was made: milliseconds since 1970 UTC. */
  readonly arrivedAt: number;
  readonly at: number;
  readonly timeZone: string;
  readonly failed: readonly FailedRecipient[];
  /** Value of its Message-ID field; null where it has none. */
  readonly originalMessageId: string | null;
  /** Its header section, without the blank line. */
  readonly originalHeader: Uint8Array;
}

const mostHeaderBytes = 64 * 1024;
const mostDiagnosticBytes = 500;

/** Writes a report; the envelope it goes with is `<>` to `to`. */
export function writeReport(report: Report): Uint8Array {
  const boundary = `report-${report.id}`;
  const date = formatMailDate(report.at, report.timeZone);
  const original = /^<[!-~]{1,900}>$/.test(report.originalMessageId ?? "") ? report.originalMessageId : null;
  const top = [
    `From: Mail Delivery System <${asciiAddress(report.from)}>`,
    `To: <${asciiAddress(report.to)}>`,
    `Subject: ${encodedWords(report.subject, "Subject: ".length)}`,
    `Date: ${date}`,
    `Message-ID: <${report.id}@${asciiOnly(report.serverName)}>`,
    ...(original === null ? [] : [`In-Reply-To: ${original}`, `References: ${original}`]),
    "Auto-Submitted: auto-replied",
    "MIME-Version: 1.0",
    "Content-Type: multipart/report; report-type=delivery-status;",
    `\tboundary="${boundary}"`,
  ];
  const header = cutAtLine(report.originalHeader, mostHeaderBytes);
  const parts = [
    [textPart(report.text)],
    ["Content-Type: message/delivery-status\n\n", statusFields(report)],
    [
      `Content-Type: text/rfc822-headers\nContent-Transfer-Encoding: ${isAscii(header) ? "7bit" : "8bit"}\n\n`,
      header,
    ],
  ];
  return Buffer.concat([
    Buffer.from(`${top.join("\n")}\n\n`, "latin1"),
    ...parts.flatMap((part) => [
      Buffer.from(`--${boundary}\n`, "latin1"),
      ...part.map((piece) => (typeof piece === "string" ? Buffer.from(piece, "latin1") : piece)),
      // The line end before a boundary belongs to the boundary (RFC 2046, 5.1.1).
      Buffer.from("\n", "latin1"),
    ]),
    Buffer.from(`--${boundary}--\n`, "latin1"),
  ]);
}

function textPart(text: string): string {
  const plain = /^[\n -~]*$/.test(text) && !/[^\n]{900}/.test(text);
  const encoded = plain
    ? text
    : (Buffer.from(text, "utf8")
        .toString("base64")
        .match(/.{1,76}/g)
        ?.join("\n") ?? "");
  return (
    `Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: ${plain ? "7bit" : "base64"}\n\n` +
    `${encoded.replace(/\n$/, "")}\n`
  );
}

/** RFC 3464, section 2: fields about the message, then a group for each recipient. */
function statusFields(report: Report): string {
  const about = [
    `Reporting-MTA: dns; ${asciiOnly(report.serverName)}`,
    `Arrival-Date: ${formatMailDate(report.arrivedAt, report.timeZone)}`,
  ];
  const groups = report.failed.map(({ recipient, status, remoteHost, remoteText }) => [
    `Final-Recipient: ${typedAddress(recipient)}`,
    "Action: failed",
    `Status: ${status}`,
    ...(remoteHost === null ? [] : [`Remote-MTA: dns; ${asciiOnly(remoteHost)}`]),
    ...(remoteText === null ? [] : [`Diagnostic-Code: smtp; ${oneLine(remoteText)}`]),
    `Last-Attempt-Date: ${formatMailDate(report.at, report.timeZone)}`,
  ]);
  return `${[about, ...groups].map((group) => group.join("\n")).join("\n\n")}\n`;
}

/** RFC 3464, 2.3.2; an address beyond ASCII in the form that is ASCII itself (RFC 6533, section 3). */
function typedAddress(address: Address): string {
  const text = formatAddress(address);
  if (/^[ -~]*$/.test(text)) return `rfc822; ${text}`;
  const xtext = [...text]
    .map((character) =>
      /^[!-*,-<>-[\]-~]$/.test(character)
        ? character
        : `\\x{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`,
    )
    .join("");
  return `utf-8; ${xtext}`;
}

/** Header fields are ASCII here: an address that is not stands in the envelope and in the status part. */
function asciiAddress(address: Address): string {
  const text = formatAddress(address);
  return /^[!-~ ]{1,320}$/.test(text) && !/[\r\n]/.test(text) ? text : "undisclosed";
}

function asciiOnly(text: string): string {
  return text.replace(/[^\w.:[\]-]/g, "?").slice(0, 255);
}

function oneLine(text: string): string {
  return text
    .replace(/[^ -~]+/g, " ")
    .trim()
    .slice(0, mostDiagnosticBytes);
}

function cutAtLine(bytes: Uint8Array, most: number): Uint8Array {
  const whole = bytes.length <= most ? bytes : bytes.subarray(0, bytes.lastIndexOf(0x0a, most) + 1);
  return whole.filter((byte) => byte !== 0);
}

function isAscii(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte < 0x80);
}

/**
 * The bytes that a destination gets: the spool file, with or without its Return-Path, this recipient's own fields on
 * top, LF line ends. Streamed in pieces, so that its size costs no memory.
 */
import { FailureError, failure } from "../core/failure.ts";
import { errorCode, type FileSystem } from "../spool/file-system.ts";
import type { DeliveryItem } from "./delivery.ts";

const PIECE_BYTES = 64 * 1024;

/**
 * The message piece by piece; the file is opened at the first one and closed at the end, also an early one.
 *
 * @param returnPath `keep`: for whoever stores the message. `omit`: for protocols that carry the sender themselves
 *   (RFC 5321, 4.4); only the one that acceptance wrote goes, as the file's first field.
 * @throws FailureError `io`, local, when the file is gone or shorter than the item says; the system's errors.
 */
export async function* outgoingMessage(
  fs: FileSystem,
  item: DeliveryItem,
  returnPath: "keep" | "omit",
): AsyncGenerator<Buffer, void, undefined> {
  const file = await fs.open(item.spoolPath).catch((caught: unknown) => {
    throw errorCode(caught) === "ENOENT" ? spoolTrouble(`${item.spoolPath}: ENOENT`) : caught;
  });
  try {
    if (item.extraFields !== "") yield Buffer.from(item.extraFields, "utf8");
    let leftBytes = item.sizeBytes;
    let skipping = returnPath === "omit" && item.prefixBytes > 0;
    while (leftBytes > 0) {
      // The first piece holds the whole prefix: our own lines are short.
      const wanted = skipping ? Math.max(PIECE_BYTES, item.prefixBytes) : PIECE_BYTES;
      const piece = await readPiece(Math.min(wanted, leftBytes));
      if (piece.length === 0) {
        throw spoolTrouble(`${item.spoolPath}: ${item.sizeBytes - leftBytes} of ${item.sizeBytes} bytes`);
      }
      leftBytes -= piece.length;
      const shown = skipping ? piece.subarray(returnPathBytes(piece.subarray(0, item.prefixBytes))) : piece;
      skipping = false;
      if (shown.length > 0) yield shown;
    }
  } finally {
    await file.close().catch(() => {});
  }

  /** Fills the piece where the file has so much: one read may give less. */
  async function readPiece(sizeBytes: number): Promise<Buffer> {
    const piece = Buffer.allocUnsafe(sizeBytes);
    let filled = 0;
    while (filled < sizeBytes) {
      const count = await file.read(piece.subarray(filled));
      if (count === 0) break;
      filled += count;
    }
    return piece.subarray(0, filled);
  }
}

/** Length of the Return-Path field, continuation lines included, that the prefix begins with; 0 without one. */
function returnPathBytes(prefix: Buffer): number {
  const field = /^return-path:[^\n]*\n(?:[ \t][^\n]*\n)*/i.exec(prefix.toString("latin1"));
  return field?.[0].length ?? 0;
}

function spoolTrouble(detail: string): FailureError {
  return new FailureError(failure("io", "local", { params: { detail }, status: "4.3.0" }));
}

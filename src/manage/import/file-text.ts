/**
 * The bytes of a file of another program as text, and paths in it.
 */
import { homedir } from "node:os";
import { join } from "node:path";

/** UTF-8, without its byte-order mark; what is no UTF-8 is read as latin1, as the old programs do. */
export function fileText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString("latin1");
  }
}

/** Lines without their ends, CRLF or LF. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/**
 * `~/Maildir/` as an absolute path.
 *
 * @param home whose `~` it is; the home of whoever runs this unless known
 * @returns null for what stays relative, or needs somebody else's home or a variable
 */
export function absolutePath(text: string, home: string | null): string | null {
  const path = text.replace(/^~(?=\/|$)|^\$HOME(?=\/|$)|^\$\{HOME\}(?=\/|$)/, () => home ?? homedir());
  if (!path.startsWith("/") || path.includes("$") || path.split("/").includes("..")) return null;
  return path.length > 1 ? join(path).replace(/\/+$/, "") : path;
}

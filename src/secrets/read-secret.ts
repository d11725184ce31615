/**
 * From a password as kept to its bytes, at the moment a visit needs it (spec 4).
 *
 * One line end at the end of a file's or a command's text is not part of the password. The bytes are otherwise
 * handed on as they are (F36).
 */
import { execFile } from "node:child_process";
import { open } from "node:fs/promises";
import { failed, failure, ok, type Result } from "../core/failure.ts";
import type { SecretRecord } from "../store/records.ts";
import type { Secrets } from "./secrets.ts";

const LARGEST_BYTES = 64 * 1024;
const COMMAND_MS = 30_000;

export interface SecretSources {
  readonly secrets: Secrets;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Runs a command line of an administrator and gives its standard output; rejects when it fails. */
  readonly runCommand?: (command: string) => Promise<Uint8Array>;
}

/**
 * @param place where a sealed value stands: `passwordPlace(id)`.
 * @returns `secret-unreadable`, scope account: this record cannot be visited, all others can.
 */
export async function readSecret(
  record: SecretRecord,
  place: string,
  sources: SecretSources,
): Promise<Result<Uint8Array>> {
  switch (record.kind) {
    case "sealed":
      return sources.secrets.open(record.sealed, place);
    case "env": {
      const text = sources.env[record.name];
      return text ? ok(Buffer.from(text, "utf8")) : unreadable(record.name, "not set");
    }
    case "file":
      return readFrom(record.path, () => readBounded(record.path));
    case "command":
      return readFrom(record.command, () => (sources.runCommand ?? runCommand)(record.command));
  }
}

async function readFrom(source: string, readBytes: () => Promise<Uint8Array>): Promise<Result<Uint8Array>> {
  try {
    const bytes = withoutLineEnd(await readBytes());
    return bytes.length > 0 ? ok(bytes) : unreadable(source, "empty");
  } catch (error) {
    return unreadable(source, error instanceof Error ? error.message : String(error));
  }
}

function unreadable(source: string, detail: string): Result<Uint8Array> {
  return failed(
    failure("secret-unreadable", "account", { params: { source, detail: detail.slice(0, 500) } }),
  );
}

function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  if (bytes[end - 1] === 0x0a) end--;
  if (end < bytes.length && bytes[end - 1] === 0x0d) end--;
  return bytes.subarray(0, end);
}

async function readBounded(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(LARGEST_BYTES), 0, LARGEST_BYTES, null);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What the command prints on standard error is not kept: it may hold what it was asked for. */
function runCommand(command: string): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    execFile(
      "/bin/sh",
      ["-c", command],
      { encoding: "buffer", timeout: COMMAND_MS, maxBuffer: LARGEST_BYTES },
      (error, stdout) => {
        if (!error) resolve(stdout);
        else if (error.killed) reject(new Error(`no answer within ${COMMAND_MS / 1000} s`));
        else reject(new Error(`exit code ${error.code ?? "unknown"}`));
      },
    ).stdin?.end();
  });
}

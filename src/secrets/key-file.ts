/**
 * The file that holds the key: `DATA/secret.key`, or where `RPOP_KEY_FILE` points (spec 9, 10; R-61).
 *
 * It is made once, 0600, whole or not at all, and never replaced: a database whose sealed values no key opens is
 * refused, it does not get a new key.
 */
import { randomBytes } from "node:crypto";
import { link, open, readFile, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { type Failure, failed, failure, failureOf, ok, type Result } from "../core/failure.ts";
import { type SecretKey, secretKey } from "./sealed-value.ts";

/**
 * @param create true: a missing file is made.
 * @returns `secret-key-missing` (no file), `secret-key-wrong` (not 32 bytes in base64 or hexadecimal), or the
 *   system's refusal (`io`, `disk-full`).
 */
export async function readKeyFile(path: string, create: boolean): Promise<Result<SecretKey>> {
  try {
    const text = await textOf(path);
    if (text === undefined && !create) return failed(keyFailure("secret-key-missing", path));
    const bytes = keyBytes(text ?? (await makeKeyFile(path)));
    return bytes ? ok(secretKey(bytes)) : failed(keyFailure("secret-key-wrong", path));
  } catch (error) {
    return failed(failureOf(error));
  }
}

/** Scope local and not permanent: once the right file is back, everything goes on. */
export function keyFailure(code: "secret-key-missing" | "secret-key-wrong", path: string): Failure {
  return failure(code, "local", { params: { path } });
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Written under another name and linked: two first starts at once agree on one key, a crash leaves none in part. */
async function makeKeyFile(path: string): Promise<string> {
  const partial = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const file = await open(partial, "wx", 0o600);
  try {
    await file.writeFile(`${randomBytes(32).toString("base64")}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(partial, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    await unlink(partial);
  }
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return (await readFile(path, "utf8")).trim();
}

function keyBytes(text: string): Uint8Array | undefined {
  const encoding = /^[0-9a-f]{64}$/i.test(text) ? "hex" : "base64";
  const bytes = Buffer.from(text, encoding);
  return bytes.length === 32 && (encoding === "hex" || bytes.toString("base64") === text) ? bytes : undefined;
}

/**
 * Sealing and opening with this installation's key.
 *
 * Refuses to open where sealed values exist that the key cannot open: passwords are then neither lost by a new
 * key nor replaced one by one (spec 10).
 */
import { join } from "node:path";
import { failed, failure, ok, type Result } from "../core/failure.ts";
import { keyFailure, readKeyFile } from "./key-file.ts";
import { openValue, sealedKeyId, sealValue } from "./sealed-value.ts";

export interface Secrets {
  /** Where the key stands. */
  readonly keyPath: string;
  /** @param place where the value will stand: `passwordPlace(id)`. */
  seal(plain: Uint8Array, place: string): Uint8Array;
  /** @returns `secret-unreadable`, scope account, when the value is damaged or stood elsewhere. */
  open(sealed: Uint8Array, place: string): Result<Uint8Array>;
}

/** The place of a remote account's password, bound into the sealed value. */
export function passwordPlace(remoteAccountId: string): string {
  return `remote_account/${remoteAccountId}/password`;
}

/**
 * Reads the key, or makes it at the first start: when nothing is sealed yet and `RPOP_KEY_FILE` is not set.
 *
 * @param sealed every sealed value of the database; only their key ids are looked at.
 * @returns `secret-key-missing` or `secret-key-wrong`: the start is to be refused.
 */
export async function openSecrets(from: {
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly sealed: Iterable<Uint8Array>;
}): Promise<Result<Secrets>> {
  const configured = from.env.RPOP_KEY_FILE;
  const path = configured ? configured : join(from.dataDir, "secret.key");
  const sealed = [...from.sealed];
  const key = await readKeyFile(path, !configured && sealed.length === 0);
  if (!key.ok) return key;
  if (sealed.some((value) => sealedKeyId(value) !== key.value.id)) {
    return failed(keyFailure("secret-key-wrong", path));
  }
  return ok({
    keyPath: path,
    seal: (plain, place) => sealValue(key.value, plain, place),
    open: (value, place) => {
      const plain = openValue(key.value, value, place);
      return plain
        ? ok(plain)
        : failed(failure("secret-unreadable", "account", { params: { source: "database" } }));
    },
  });
}

import { chmod, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { readSecret } from "./read-secret.ts";
import { openValue, sealedKeyId, sealValue, secretKey } from "./sealed-value.ts";
import { openSecrets, passwordPlace, type Secrets } from "./secrets.ts";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");
const bytes = (value: string) => Buffer.from(value, "utf8");

async function opened(from: Parameters<typeof openSecrets>[0]): Promise<Secrets> {
  const secrets = await openSecrets(from);
  if (!secrets.ok) throw new Error(secrets.failure.code);
  return secrets.value;
}

test("what is sealed opens in its place alone", () => {
  const key = secretKey(new Uint8Array(32).fill(7));
  fc.assert(
    fc.property(fc.uint8Array(), fc.string(), fc.string(), (plain, place, elsewhere) => {
      const sealed = sealValue(key, plain, place);
      expect(openValue(key, sealed, place)).toEqual(Buffer.from(plain));
      if (elsewhere !== place) expect(openValue(key, sealed, elsewhere)).toBeUndefined();
    }),
  );
});

test("one changed bit anywhere, and it does not open", () => {
  const key = secretKey(new Uint8Array(32).fill(7));
  const sealed = sealValue(key, bytes("s3cret"), "a");
  for (let index = 0; index < sealed.length; index++) {
    const damaged = Buffer.from(sealed);
    damaged[index] = (damaged[index] ?? 0) ^ 1;
    expect(openValue(key, damaged, "a")).toBeUndefined();
  }
  expect(openValue(key, sealed.subarray(0, 10), "a")).toBeUndefined();
});

test("the same password sealed twice looks different, and tells its key by id", () => {
  const key = secretKey(new Uint8Array(32).fill(7));
  expect(sealValue(key, bytes("x"), "a")).not.toEqual(sealValue(key, bytes("x"), "a"));
  expect(sealedKeyId(sealValue(key, bytes("x"), "a"))).toBe(key.id);
  expect(secretKey(new Uint8Array(32).fill(8)).id).not.toBe(key.id);
});

test("the first start makes the key, readable to its owner alone; the second one uses it", async () => {
  await using directory = await temporaryDirectory("secrets");
  const first = await opened({ dataDir: directory.path, env: {}, sealed: [] });
  const sealed = first.seal(bytes("s3cret"), passwordPlace("a"));
  const path = join(directory.path, "secret.key");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const again = await opened({ dataDir: directory.path, env: {}, sealed: [sealed] });
  const plain = again.open(sealed, passwordPlace("a"));
  expect(plain.ok && text(plain.value)).toBe("s3cret");
  expect(again.open(sealed, passwordPlace("b"))).toMatchObject({
    ok: false,
    failure: { code: "secret-unreadable" },
  });
});

test("first starts at the same moment agree on one key", async () => {
  for (let round = 0; round < 10; round++) {
    await using directory = await temporaryDirectory("secrets");
    const from = { dataDir: directory.path, env: {}, sealed: [] };
    const all = await Promise.all(Array.from({ length: 8 }, () => opened(from)));
    const sealed = all.map((one) => one.seal(bytes("x"), "p"));
    for (const one of all) for (const value of sealed) expect(one.open(value, "p").ok).toBe(true);
  }
});

test("a missing key is not replaced while something is sealed with it", async () => {
  await using directory = await temporaryDirectory("secrets");
  const secrets = await opened({ dataDir: directory.path, env: {}, sealed: [] });
  const sealed = [secrets.seal(bytes("x"), "p")];
  const path = join(directory.path, "secret.key");
  await rename(path, `${path}.away`);
  const answer = await openSecrets({ dataDir: directory.path, env: {}, sealed });
  expect(answer).toMatchObject({ ok: false, failure: { code: "secret-key-missing", params: { path } } });
  await expect(stat(path)).rejects.toThrow("ENOENT");
  await rename(`${path}.away`, path);
  await opened({ dataDir: directory.path, env: {}, sealed });
});

const wrong = [
  { name: "another key", content: Buffer.alloc(32, 9).toString("base64") },
  { name: "too short", content: "c2hvcnQ=" },
  { name: "no base64", content: "not a key at all, only words" },
  { name: "empty", content: "" },
];

test.each(wrong)("a wrong key file refuses the start: $name", async ({ content }) => {
  await using directory = await temporaryDirectory("secrets");
  const secrets = await opened({ dataDir: directory.path, env: {}, sealed: [] });
  const sealed = [secrets.seal(bytes("x"), "p")];
  await writeFile(join(directory.path, "secret.key"), content);
  const answer = await openSecrets({ dataDir: directory.path, env: {}, sealed });
  expect(answer).toMatchObject({ ok: false, failure: { code: "secret-key-wrong", scope: "local" } });
});

test("RPOP_KEY_FILE names the key, in base64 or hexadecimal; it is never made", async () => {
  await using directory = await temporaryDirectory("secrets");
  const path = join(directory.path, "elsewhere.key");
  const from = { dataDir: directory.path, env: { RPOP_KEY_FILE: path }, sealed: [] };
  expect(await openSecrets(from)).toMatchObject({ ok: false, failure: { code: "secret-key-missing" } });
  await writeFile(path, `${"ab".repeat(32)}\n`);
  const hex = await opened(from);
  await writeFile(path, Buffer.alloc(32, 0xab).toString("base64"));
  const base64 = await opened(from);
  expect(base64.open(hex.seal(bytes("x"), "p"), "p").ok).toBe(true);
  await expect(stat(join(directory.path, "secret.key"))).rejects.toThrow("ENOENT");
});

test("a password is read from where it is kept, at the moment it is needed", async () => {
  await using directory = await temporaryDirectory("secrets");
  const secrets = await opened({ dataDir: directory.path, env: {}, sealed: [] });
  const file = join(directory.path, "password");
  await writeFile(file, 'from "file"\r\n');
  const sources = { secrets, env: { MAIL_PASSWORD: "from env" } };
  const read = async (record: Parameters<typeof readSecret>[0]) => {
    const secret = await readSecret(record, "p", sources);
    return secret.ok ? text(secret.value) : `${secret.failure.code} ${secret.failure.scope}`;
  };
  expect(await read({ kind: "sealed", sealed: secrets.seal(bytes("kept"), "p") })).toBe("kept");
  expect(await read({ kind: "file", path: file })).toBe('from "file"');
  expect(await read({ kind: "env", name: "MAIL_PASSWORD" })).toBe("from env");
  expect(await read({ kind: "command", command: "printf 'from command\\n'" })).toBe("from command");
  // Trouble stays the account's own: others are visited (F36).
  expect(await read({ kind: "file", path: `${file}.none` })).toBe("secret-unreadable account");
  expect(await read({ kind: "env", name: "NOT_SET" })).toBe("secret-unreadable account");
  expect(await read({ kind: "command", command: "echo secret-in-output >&2; exit 3" })).toBe(
    "secret-unreadable account",
  );
  expect(await read({ kind: "command", command: "true" })).toBe("secret-unreadable account");
});

test("what a failing command printed is not repeated: it may be the secret", async () => {
  await using directory = await temporaryDirectory("secrets");
  const secrets = await opened({ dataDir: directory.path, env: {}, sealed: [] });
  const record = { kind: "command", command: "echo hunter2; echo hunter3 >&2; exit 3" } as const;
  const answer = await readSecret(record, "p", { secrets, env: {} });
  const { detail } = answer.ok ? { detail: "" } : answer.failure.params;
  expect(detail).toBe("exit code 3");
});

test("the key file holds one line of base64", async () => {
  await using directory = await temporaryDirectory("secrets");
  await opened({ dataDir: directory.path, env: {}, sealed: [] });
  const path = join(directory.path, "secret.key");
  await chmod(path, 0o600);
  expect(await readFile(path, "utf8")).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
});

/**
 * `backup.json`: what a backup is and holds. Written last, so that a folder without it is no backup.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { failed, failure, ok, type Result } from "../../core/failure.ts";

export const manifestName = "backup.json";

const schema = z.object({
  format: z.literal(1),
  /** Of this backup alone. */
  id: z.string().min(1),
  installationId: z.string().min(1),
  /** When its database was copied, ISO 8601. */
  madeAt: z.string().refine((text) => !Number.isNaN(Date.parse(text))),
  /** Number of the last migration. */
  schema: z.number(),
  messages: z.number(),
  mail: z.boolean(),
  key: z.boolean(),
});

export type Manifest = z.infer<typeof schema>;

/** @returns `backup-damaged` where it is missing or cannot be read. */
export async function readManifest(folder: string): Promise<Result<Manifest>> {
  const damaged = (detail: string) =>
    failed(failure("backup-damaged", "local", { permanent: true, params: { path: folder, detail } }));
  let text: string;
  try {
    text = await readFile(join(folder, manifestName), "utf8");
  } catch (caught) {
    return damaged(caught instanceof Error ? caught.message : String(caught));
  }
  try {
    const read = schema.safeParse(JSON.parse(text));
    return read.success ? ok(read.data) : damaged(manifestName);
  } catch {
    return damaged(manifestName);
  }
}

/**
 * Empty Maildirs for a run.
 */
import { chown, mkdir } from "node:fs/promises";
import { join } from "node:path";

const nobody = 65534;

export function runsAsRoot(): boolean {
  return process.getuid?.() === 0;
}

/** @param paths what must not exist yet. @param forNobody they belong to nobody where this process is root */
export async function makeMaildirs(paths: readonly string[], forNobody: boolean): Promise<void> {
  for (const path of paths) {
    for (const folder of [".", "cur", "new", "tmp"]) {
      const made = join(path, folder);
      await mkdir(made, { recursive: true });
      if (forNobody && runsAsRoot()) await chown(made, nobody, nobody);
    }
  }
}

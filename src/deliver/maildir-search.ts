/**
 * Was it delivered? The search that decides where the witness in `tmp` may have been cleared by others
 * (reliability 7, the window).
 *
 * `new` first, then `cur`: readers move that way, so what leaves one before we read it is in the other when we do.
 * A reader that renames meanwhile can hide a name from readdir (Dovecot), and time stamps are coarse: only when two
 * readings in a row saw both directories at rest counts "not there".
 */
import { join } from "node:path";
import type { FileSystem } from "../spool/file-system.ts";

/** So many readings; then somebody is too busy there, and a later attempt searches again. */
const READINGS = 20;

export type Search =
  | { readonly kind: "found"; readonly path: string }
  | { readonly kind: "absent" }
  /** The directories did not come to rest. */
  | { readonly kind: "restless" };

/**
 * Looks for `NAME`, or `NAME:2,…` as readers rename it, in `new` and `cur`.
 *
 * @throws the system's error.
 */
export async function searchMaildir(fs: FileSystem, path: string, fileName: string): Promise<Search> {
  const folders = [join(path, "new"), join(path, "cur")];
  const stamp = async (): Promise<string> => {
    const [first, second] = await Promise.all(folders.map((folder) => fs.stat(folder)));
    return `${first?.modifiedAt} ${second?.modifiedAt}`;
  };
  let before = await stamp();
  let restful = 0;
  for (let reading = 0; reading < READINGS; reading++) {
    for (const folder of folders) {
      const name = (await fs.readdir(folder)).find((each) => isOurs(each, fileName));
      if (name !== undefined) return { kind: "found", path: join(folder, name) };
    }
    const after = await stamp();
    restful = after === before ? restful + 1 : 0;
    if (restful === 2) return { kind: "absent" };
    before = after;
  }
  return { kind: "restless" };
}

/** Readers append flags behind a colon; some write sizes behind a comma before it. */
function isOurs(name: string, fileName: string): boolean {
  if (!name.startsWith(fileName)) return false;
  const next = name.charAt(fileName.length);
  return next === "" || next === ":" || next === ",";
}

/**
 * Directories of our own making.
 */
import { dirname } from "node:path";
import { errorCode, type FileSystem } from "./file-system.ts";

/**
 * Makes a directory (0700) where there is none. As root it is given to the owner of the folder above, so that
 * what an administrator's command makes can be used by a server, or a person, that is somebody else.
 *
 * Its name is durable after a sync of the folder above.
 *
 * @param uid our effective user
 * @throws the system's error.
 */
export async function makeDirectory(fs: FileSystem, path: string, uid: number): Promise<void> {
  try {
    await fs.mkdir(path, 0o700);
  } catch (caught) {
    if (errorCode(caught) === "EEXIST") return;
    throw caught;
  }
  if (uid !== 0) return;
  const above = await fs.stat(dirname(path));
  if (above.uid !== 0 || above.gid !== 0) await fs.changeOwner(path, { uid: above.uid, gid: above.gid });
}

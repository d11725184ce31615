/**
 * fsync of a directory, and what it means when that fails.
 *
 * The kernel reports such an error once and forgets which names it lost. A process that goes on would believe
 * in names that are not there after a power loss, so it has to stop accepting and start anew.
 */
import { FailureError, failure } from "../core/failure.ts";
import { errorCode, type FileSystem } from "./file-system.ts";

/**
 * Makes every earlier change of names in the directory durable.
 *
 * @throws FailureError `io`, scope `local`, `params.fatal` 1, when the fsync failed.
 * @throws the system's error when the directory cannot be opened, or cannot be synced by its kind (EINVAL).
 */
export async function syncNames(fs: FileSystem, directory: string): Promise<void> {
  try {
    await fs.syncDirectory(directory);
  } catch (caught) {
    const syncFailed = caught instanceof Error && "syscall" in caught && caught.syscall === "fsync";
    if (!syncFailed || ["EINVAL", "ENOTSUP", "EOPNOTSUPP"].includes(errorCode(caught))) throw caught;
    const params = { detail: caught.message.slice(0, 500), fatal: 1 };
    throw new FailureError(failure("io", "local", { params, status: "4.3.0" }), { cause: caught });
  }
}

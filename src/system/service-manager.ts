/**
 * Tells systemd how far the process is (sd_notify(3)). Node cannot send to a datagram socket of the file system, so
 * `systemd-notify` does; the unit says `NotifyAccess=all` for that. Without systemd nothing happens.
 */
import { spawn } from "node:child_process";

/** @param state `--ready`, `--stopping`. Resolves when it was told, or could not be; never rejects. */
export function tellServiceManager(
  env: Readonly<Record<string, string | undefined>>,
  state: "--ready" | "--stopping" | "--reloading",
): Promise<void> {
  if (!env.NOTIFY_SOCKET) return Promise.resolve();
  return new Promise((resolve) => {
    const child = spawn("systemd-notify", [`--pid=${process.pid}`, state], { stdio: "ignore" });
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
}

/**
 * Where to listen, as people write it: `127.0.0.1:8825`, `[::1]:8825`, `:8825` for every address, `off`.
 */
import type { ListenAddress } from "../http/listen.ts";

/** @returns null for `off`; undefined when it cannot be read. */
export function readListenAddress(text: string): ListenAddress | null | undefined {
  if (text === "off") return null;
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) return undefined;
  return { host: match[1] ?? (match[2] || "::"), port };
}

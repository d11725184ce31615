/**
 * Addresses as commands say them (RFC 5321, 4.1.2): quoted where they need it, and nothing that could end the command.
 */
import { type Address, formatAddress } from "../core/address.ts";

/** `plain`: can be said anywhere. `utf8`: only with SMTPUTF8 (RFC 6531). `never`: no command may hold it. */
export type Saying = "plain" | "utf8" | "never";

export interface SaidAddress {
  /** Without brackets; empty for `<>`. */
  readonly text: string;
  readonly saying: Saying;
}

/**
 * The address for MAIL FROM or RCPT TO; null is `<>`.
 *
 * Angle brackets may stand in a quoted local part, but the library refuses them, as many servers do.
 */
export function sayAddress(address: Address | null): SaidAddress {
  const text = address === null ? "" : formatAddress(address);
  if (/[\u0000-\u001f\u007f<>]/.test(text) || text.trim() !== text) return { text, saying: "never" };
  return { text, saying: /^[\u0000-\u007f]*$/.test(text) ? "plain" : "utf8" };
}

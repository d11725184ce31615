/**
 * Which of our addresses a connection comes from (seed 14 to 16, spec 3 and 4). Pure.
 */
import ipaddr from "ipaddr.js";
import type { SourceAddresses } from "../pop3/dial.ts";

export interface SourceChoice {
  /** The account's own; null: none. */
  readonly account: string | null;
  /** Those assigned to the owner's domain, in their order; null: they are not to be used. */
  readonly domain: readonly string[] | null;
  /** The setting: an address, or `osDefault`. */
  readonly defaultAddress: string;
}

/**
 * The account's own address alone; else the first of the domain for the family being dialled; else the default one.
 * An address that somebody chose is never left for another one: its family alone is dialled.
 */
export function sourceAddresses({ account, domain, defaultAddress }: SourceChoice): SourceAddresses | null {
  if (account !== null) return { ...byFamily([account]), only: true };
  const chosen = defaultAddress === "osDefault" ? [] : [defaultAddress];
  const all = [...(domain ?? []), ...chosen];
  return all.length === 0 ? null : { ...byFamily(all), only: chosen.length > 0 };
}

function byFamily(addresses: readonly string[]): Pick<SourceAddresses, "ipv4" | "ipv6"> {
  const first = (kind: "ipv4" | "ipv6") =>
    addresses.find((one) => ipaddr.isValid(one) && ipaddr.parse(one).kind() === kind) ?? null;
  return { ipv4: first("ipv4"), ipv6: first("ipv6") };
}

/**
 * Names to addresses by name servers of our choice (setting `dnsServers`), else by the system.
 */
import { Resolver } from "node:dns/promises";
import { type HostAddress, type HostLookup, systemLookup } from "../pop3/lookup.ts";

const tryMs = 3000;
const tries = 2;

/**
 * @param servers as they are now: `address`, `address:port`, `[v6]:port`; empty: the system's resolver, with its hosts file
 */
export function dnsLookup(servers: () => readonly string[]): HostLookup {
  let asked: { readonly key: string; readonly resolver: Resolver } | null = null;
  return async (host) => {
    const now = servers();
    if (now.length === 0) return systemLookup(host);
    const key = now.join(" ");
    if (asked?.key !== key) {
      const resolver = new Resolver({ timeout: tryMs, tries });
      resolver.setServers(now);
      asked = { key, resolver };
    }
    return ask(asked.resolver, host);
  };
}

/** Both families at once; IPv6 first, as the system's resolver mostly has it (RFC 6724). */
async function ask(resolver: Resolver, host: string): Promise<HostAddress[]> {
  const answers = await Promise.allSettled([resolver.resolve6(host), resolver.resolve4(host)]);
  const found = answers.flatMap((answer, index) =>
    answer.status === "fulfilled"
      ? answer.value.map((address): HostAddress => ({ address, family: index === 0 ? 6 : 4 }))
      : [],
  );
  if (found.length > 0) return found;
  // A name without addresses of one family is no trouble; one that has none, or was not answered for, is.
  const troubles = answers.flatMap((answer) =>
    answer.status === "rejected" ? [answer.reason as unknown] : [],
  );
  const telling = troubles.find((one) => !(one instanceof Error && "code" in one && one.code === "ENODATA"));
  throw telling ?? troubles[0] ?? Object.assign(new Error(`no address for ${host}`), { code: "ENODATA" });
}

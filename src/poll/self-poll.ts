/**
 * Where a visit may go: never into ourselves by mistake (seed 19), and never into our private networks on a
 * user's word (spec 10, R-55 to R-57). Pure over addresses; the dialler asks with the address it is really
 * connected to, before a byte of login is sent.
 *
 * Addresses are compared as bits, not as text: a mapped, translated or tunnelled form of an address is that
 * address.
 */
import ipaddr from "ipaddr.js";
import { BoundedMap } from "../core/bounded-map.ts";
import { type Failure, failure } from "../core/failure.ts";

export interface AddressPolicy {
  readonly allowSelfPoll: boolean;
  readonly allowPrivateHosts: boolean;
  /** Addresses of this machine's interfaces, and those of the setting `ownAddresses`. */
  readonly ownAddresses: readonly string[];
  /** An administrator's own record may name a private host (spec 10). */
  readonly setByAdministrator: boolean;
}

/**
 * @param address the peer's address as the socket tells it
 * @param host as configured, for the sentence
 * @returns why not; null: go on.
 */
export function refuseAddress(address: string, host: string, policy: AddressPolicy): Failure | null {
  const forms = addressForms(address);
  const own = (form: string) => policy.ownAddresses.some((one) => normalizedForms(one).includes(form));
  const isOwn = forms.some(
    (form) => form.range() === "loopback" || form.range() === "unspecified" || own(form.toNormalizedString()),
  );
  if (isOwn && !policy.allowSelfPoll) {
    return failure("self-poll", "account", { permanent: true, params: { host, address } });
  }
  const isPrivate = isOwn || forms.some((form) => form.range() !== "unicast");
  if (isPrivate && !policy.allowPrivateHosts && !policy.setByAdministrator) {
    // All private failures read alike: a user learns nothing about our networks from them.
    return failure("private-host", "account", { permanent: true, params: { host } });
  }
  return null;
}

/** Our own addresses are asked about twice a visit and hardly ever change: what a text stands for never does. */
const formsByText = new BoundedMap<readonly string[]>(1000);

function normalizedForms(text: string): readonly string[] {
  const known = formsByText.get(text);
  if (known) return known;
  const forms = addressForms(text).map((form) => form.toNormalizedString());
  formsByText.set(text, forms);
  return forms;
}

type Parsed = ipaddr.IPv4 | ipaddr.IPv6;

/** The address itself and every IPv4 address that it stands for; none when it cannot be read. */
function addressForms(text: string): Parsed[] {
  const plain = text.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
  if (!ipaddr.isValid(plain)) return [];
  const parsed = ipaddr.parse(plain);
  if (!(parsed instanceof ipaddr.IPv6)) return [parsed];
  const bytes = parsed.toByteArray();
  const embedded = (offset: number) => new ipaddr.IPv4(bytes.slice(offset, offset + 4));
  switch (parsed.range()) {
    case "ipv4Mapped":
      return [embedded(12)];
    case "rfc6052":
    case "rfc6145":
      return [embedded(12)];
    case "6to4":
      return [embedded(2)];
    case "teredo":
      return [parsed, new ipaddr.IPv4(bytes.slice(12, 16).map((byte) => byte ^ 0xff))];
    default:
      // ::a.b.c.d, long deprecated, still reaches a.b.c.d on some systems; :: and ::1 are read as they are.
      if (bytes.slice(0, 12).every((byte) => byte === 0) && parsed.range() === "unicast") {
        return [parsed, embedded(12)];
      }
      return [parsed];
  }
}

/**
 * A mail address as routing needs it: local part and domain, nothing decoded twice, nothing guessed.
 *
 * The local part is kept as its owner writes it (quoting of RFC 5322 taken off); the domain is lower case.
 * A quoted local part never changes the domain: the split is made once, by the parser.
 */

export interface Address {
  /** Unquoted; may hold any character, also `@`, blanks, stray dots (docomo: `foo..bar.`). */
  readonly localPart: string;
  /** As `foldDomain` gives it; an address literal keeps its brackets. Empty: the address names no domain. */
  readonly domain: string;
}

/** RFC 5321 form, quoted where the local part needs it: `foo..bar.@x` becomes `"foo..bar."@x`. */
export function formatAddress(address: Address): string {
  const { localPart, domain } = address;
  const local = isDotString(localPart) ? localPart : `"${localPart.replace(/[\\"]/g, "\\$&")}"`;
  return domain === "" ? local : `${local}@${domain}`;
}

/** Equal for routing: names compare case-insensitively (spec 8). */
export function addressKey(address: Address): string {
  return `${foldName(address.localPart)}@${address.domain}`;
}

/** The folded form under which names are stored and looked up. */
export function foldName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

/**
 * The form under which domain names are compared and stored: lower case, without the trailing dot, and in
 * A-labels, so that `日本語.example` and `xn--wgv71a119e.example` are one name (RFC 5890, 2.3.2.1).
 *
 * Never throws: a name that no A-label exists for comes back in lower case, as it was.
 */
export function foldDomain(name: string): string {
  const plain = name.normalize("NFC").toLowerCase().replace(/\.$/, "");
  // A URL reads more into ASCII names than a domain (`127.1`, `%41`), so it sees the others only.
  if (/^[\u0000-\u007f]*$/.test(name) || /[\u0000- %/?#:@\\<>^|[\]]/.test(name)) return plain;
  try {
    return new URL(`http://${name}`).hostname.replace(/\.$/, "");
  } catch {
    return plain;
  }
}

function isDotString(text: string): boolean {
  return /^[^\s"(),:;<>@[\\\].\u0000-\u001f\u007f]+(\.[^\s"(),:;<>@[\\\].\u0000-\u001f\u007f]+)*$/.test(text);
}

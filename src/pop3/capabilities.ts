/**
 * What a server says it can do: the answer to CAPA (RFC 2449). Pure.
 */

/**
 * Plain data: `lines` is all there is, the rest is read from it, so that whoever remembers a host keeps `lines`
 * and calls `parseCapabilities` again.
 */
export interface Capabilities {
  readonly lines: readonly string[];
  readonly pipelining: boolean;
  readonly stls: boolean;
  /** USER and PASS. */
  readonly user: boolean;
  readonly top: boolean;
  readonly uidl: boolean;
  readonly utf8: boolean;
  /** RFC 3206: a refused login without [AUTH] is no wrong password. */
  readonly authRespCode: boolean;
  /** Mechanism names in upper case (RFC 5034). */
  readonly sasl: readonly string[];
  /** Least seconds between two logins (RFC 2449, section 6.5); null when not said. */
  readonly loginDelaySeconds: number | null;
  /** Days that mail stays after retrieval; 0 may delete on RETR (F1). null: not said, or never. */
  readonly expireDays: number | null;
}

/** Reads the lines between +OK and the final dot, in any case and order; unknown lines are kept, not judged. */
export function parseCapabilities(lines: readonly string[]): Capabilities {
  const tags = new Map<string, string[]>();
  for (const line of lines) {
    const [tag, ...rest] = line
      .toUpperCase()
      .split(/[ \t]+/)
      .filter((word) => word !== "");
    if (tag === undefined) continue;
    // Two SASL lines have been seen: what either names is offered.
    tags.set(tag, [...(tags.get(tag) ?? []), ...rest]);
  }
  return {
    lines: [...lines],
    pipelining: tags.has("PIPELINING"),
    stls: tags.has("STLS"),
    user: tags.has("USER"),
    top: tags.has("TOP"),
    uidl: tags.has("UIDL"),
    utf8: tags.has("UTF8"),
    authRespCode: tags.has("AUTH-RESP-CODE"),
    sasl: tags.get("SASL") ?? [],
    loginDelaySeconds: count(tags.get("LOGIN-DELAY")?.[0]),
    expireDays: count(tags.get("EXPIRE")?.[0]),
  };
}

function count(word: string | undefined): number | null {
  return word !== undefined && /^\d{1,9}$/.test(word) ? Number(word) : null;
}

/**
 * What a session tells whoever keeps its log. Secrets are replaced before anything arrives here.
 */

/** Receives the dialogue. Must not throw. Text is latin1, unescaped: it may hold anything (R-64 is the log's work). */
export interface Transcript {
  /** One line without its line end; answers of many lines come as one line that tells their size, as `[50000 lines]`. */
  line(direction: "C" | "S", text: string): void;
  /** What happens below POP3. */
  link?(event: LinkEvent): void;
}

export type LinkEvent =
  | { readonly kind: "resolved"; readonly host: string; readonly addresses: readonly string[] }
  | { readonly kind: "dialing"; readonly address: string; readonly port: number }
  | { readonly kind: "connected"; readonly address: string; readonly localAddress: string }
  | {
      readonly kind: "secured";
      readonly protocol: string;
      readonly cipher: string;
      readonly resumed: boolean;
    }
  /** Bytes over the whole connection, below TLS where there is TLS. */
  | {
      readonly kind: "closed";
      readonly why: string;
      readonly bytesRead: number;
      readonly bytesWritten: number;
    };

export const HIDDEN = "****";

/**
 * The secrets of one session and what takes them out of text: raw, in base64, in hex, or as a digest, also where
 * the server echoes them.
 */
export class SecretMask {
  readonly #secrets = new Set<string>();
  readonly #open = new Set<string>();

  /** Text that is no secret where it is sent among secrets: the login name. A secret added before stays one. */
  spare(text: string): void {
    this.#open.add(text);
  }

  /** @param secret latin1; its base64 and hex forms are hidden with it */
  add(secret: string): void {
    if (secret === "" || this.#open.has(secret)) return;
    const bytes = Buffer.from(secret, "latin1");
    for (const form of [secret, bytes.toString("base64"), bytes.toString("base64").replace(/=+$/, "")]) {
      this.#secrets.add(form);
    }
    this.#secrets.add(bytes.toString("hex"));
    this.#secrets.add(bytes.toString("hex").toUpperCase());
  }

  hide(text: string): string {
    let hidden = text;
    // The longest first: a secret may stand inside another.
    for (const secret of [...this.#secrets].sort((a, b) => b.length - a.length)) {
      if (secret.length >= 2 * TELLING_CHARACTERS) hidden = hideStart(hidden, secret);
      else if (secret.length >= 4) hidden = hidden.replaceAll(secret, HIDDEN);
      else hidden = hideWord(hidden, secret);
    }
    return hidden;
  }
}

/** So much of a long secret, from its start, gives it away. */
const TELLING_CHARACTERS = 16;

/** A long secret, a token, may come back cut short: its start is hidden as far as it goes. */
function hideStart(text: string, secret: string): string {
  const start = secret.slice(0, TELLING_CHARACTERS);
  let hidden = "";
  let rest = text;
  for (;;) {
    const at = rest.indexOf(start);
    if (at < 0) return hidden + rest;
    let length = start.length;
    while (length < secret.length && rest[at + length] === secret[length]) length++;
    hidden += `${rest.slice(0, at)}${HIDDEN}`;
    rest = rest.slice(at + length);
  }
}

/** A secret of one to three characters is hidden as a whole word only: the gaps would spell it out. */
function hideWord(text: string, secret: string): string {
  const escaped = secret.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return text.replace(new RegExp(`(?<![0-9A-Za-z])${escaped}(?![0-9A-Za-z])`, "g"), HIDDEN);
}

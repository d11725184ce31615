/**
 * What the sample provider keeps: accounts and their maildrops. The server asks for no more than this, so a maildrop
 * may stand in memory, be computed for each of 100,000 accounts, or produce a message as it is sent.
 */

/** A message as POP3 shows it. Never changes. */
export interface StoredMessage {
  /** Unique-id: 1 to 70 characters from 0x21 to 0x7e (RFC 1939, section 7). */
  readonly uid: string;
  /** Octets with CRLF line ends, before dot-stuffing: what LIST says. */
  readonly sizeBytes: number;
  /** The bytes for the wire: CRLF line ends, dot-stuffed, the last line ended, without the final dot. */
  wire(): Iterable<Uint8Array>;
}

export interface Maildrop {
  /** The messages in order. Deletions put a new array in place: equal arrays mean equal listings. */
  readonly messages: readonly StoredMessage[];
  /** Called at QUIT: these are gone for good. */
  remove(deleted: ReadonlySet<StoredMessage>): void;
}

export interface MaildropAccount {
  readonly password: string;
  readonly maildrop: Maildrop;
}

/** Finds the account of a login; undefined: there is none. */
export type AccountLookup = (login: string) => MaildropAccount | undefined;

/** A maildrop in memory. `add` appends, as mail does that arrives between two visits. */
export class MemoryMaildrop implements Maildrop {
  messages: readonly StoredMessage[];

  constructor(messages: Iterable<StoredMessage> = []) {
    this.messages = [...messages];
  }

  add(...messages: readonly StoredMessage[]): void {
    this.messages = [...this.messages, ...messages];
  }

  remove(deleted: ReadonlySet<StoredMessage>): void {
    if (deleted.size > 0) this.messages = this.messages.filter((message) => !deleted.has(message));
  }
}

/** A stored message from its bytes, with LF or CRLF line ends; the form for the wire is made when first sent. */
export function storedMessage(uid: string, bytes: Uint8Array): StoredMessage {
  const crlf = withCrlf(bytes);
  let wire: readonly Uint8Array[] | undefined;
  return {
    uid,
    sizeBytes: crlf.length,
    wire: () => {
      wire ??= [dotStuffed(crlf)];
      return wire;
    },
  };
}

/** Every line ends in CRLF, also the last one; CRs and other bytes stay as they are. */
function withCrlf(bytes: Uint8Array): Buffer {
  const text = Buffer.from(bytes).toString("latin1");
  const lines = text.replace(/\r?\n/g, "\r\n");
  return Buffer.from(lines === "" || lines.endsWith("\r\n") ? lines : `${lines}\r\n`, "latin1");
}

/** RFC 1939, section 3: a line that begins with a dot gets another one. */
function dotStuffed(crlf: Buffer): Buffer {
  return Buffer.from(crlf.toString("latin1").replace(/^\./, "..").replaceAll("\r\n.", "\r\n.."), "latin1");
}

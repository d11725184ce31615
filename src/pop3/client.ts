/**
 * A POP3 client (RFC 1939, 2449, 5034, 2595), usable on its own.
 *
 * The order of calls: `connect` (dials, asks the guard, encrypts, reads the greeting) → `login`, or `loginAndList`
 * → `stat` → `uidl`, `list` → `retrieve`, `top` → `dele` → `quit`. One command at a time; only `destroy` may come
 * between. After a Pop3CommandError the session goes on; after a Pop3ProtocolError it is over and the connection
 * closed. Deletions count only once `quit` has resolved (RFC 1939, section 6); `destroy` deletes nothing.
 */
import type { TLSSocket } from "node:tls";
import { type Failure, failure } from "../core/failure.ts";
import { type Capabilities, parseCapabilities } from "./capabilities.ts";
import { channelBindings } from "./channel-binding.ts";
import { type OpenSession, openSession } from "./connect.ts";
import { type ConnectOptions, cancelled } from "./dial.ts";
import { Pop3CommandError, Pop3ProtocolError } from "./errors.ts";
import { defaultMinimumRate, defaultTimeouts } from "./limits.ts";
import { isMsnHost, type LoginMethod, type LoginPolicy, refusesCommand } from "./login.ts";
import {
  askCapabilities,
  askMechanisms,
  askSizes,
  dropAnswers,
  type Maildrop,
  type MaildropStat,
  readStat,
  readUidl,
  type SizeListing,
  type UidListing,
} from "./maildrop.ts";
import { fullWindow, runPipeline, type Window } from "./pipeline.ts";
import { commandRefusal, loginRefusal, messageRefusal } from "./refusal.ts";
import type { StatusLine } from "./reply.ts";
import {
  type RetrieveContext,
  type RetrieveHandler,
  type RetrieveWishes,
  retrieveInto,
  topInto,
} from "./retrieve.ts";
import {
  type Credentials,
  linesOf,
  prepareSignIn,
  type SignIn,
  type SignInContext,
  signIn,
} from "./sign-in.ts";
import { type TlsFacts, tlsFacts } from "./tls-facts.ts";
import type { Wire } from "./wire.ts";

export interface RetrieveOptions extends RetrieveWishes {
  /** How much may be on its way where the server takes several commands at once. */
  readonly window?: Partial<Window>;
}

const oneAtATime: Window = { messages: 1, bytes: 0 };
/** An answer to DELE is short: a thousand may be on their way. */
const deletionWindow: Window = { messages: 1000, bytes: Number.POSITIVE_INFINITY };

export class Pop3Client {
  readonly #wire: Wire;
  readonly #options: ConnectOptions;
  readonly #maildrop: Maildrop;
  /** The server's first words, latin1; empty after STLS: what was said in the clear is forgotten. */
  readonly greeting: string;
  /** The connection is encrypted and checked as the trust demands. */
  readonly secure: boolean;
  readonly remoteAddress: string;
  /** null: the server does not offer APOP, or not rightly. */
  readonly apopTimestamp: string | null;
  readonly #tlsSocket: TLSSocket | null;
  #capabilities: Capabilities | null = null;
  #busy: string | null = null;

  private constructor(session: OpenSession, options: ConnectOptions) {
    this.#wire = session.wire;
    this.#options = options;
    this.#maildrop = { wire: session.wire, timeouts: options.timeouts ?? defaultTimeouts };
    this.greeting = session.greeting;
    this.#tlsSocket = session.tlsSocket;
    this.secure = session.tlsSocket !== null;
    this.remoteAddress = session.remoteAddress;
    this.apopTimestamp = session.apopTimestamp;
  }

  /**
   * Connects, encrypts as the endpoint says, and reads the greeting.
   *
   * @throws Pop3ProtocolError: nothing stays open. `greeting-refused`, `no-starttls`, `tls-injection` and
   *   `certificate` among others
   */
  static async connect(options: ConnectOptions): Promise<Pop3Client> {
    return new Pop3Client(await openSession(options), options);
  }

  /** What the server offers, as last heard by `capa` or handed to `login`; null: not asked, or no CAPA there. */
  get capabilities(): Capabilities | null {
    return this.#capabilities;
  }

  /** How the connection is encrypted, and by whose certificate, while it stands; null: it is not. */
  get tls(): TlsFacts | null {
    return this.#tlsSocket === null ? null : tlsFacts(this.#tlsSocket);
  }

  /** Why the session is over; null while it can be used. */
  get closed(): Failure | null {
    return this.#wire.closed;
  }

  /** `CAPA` (RFC 2449). Worth asking again after login: some servers then offer more. null: no such command. */
  capa(): Promise<Capabilities | null> {
    return this.#alone("CAPA", () => this.#askCapabilities());
  }

  /**
   * Logs in, by the order of `chooseLogin`. Asks for CAPA first when the choice depends on it and `known`,
   * remembered from a former session, is not given.
   *
   * @returns the method that succeeded
   * @throws Pop3CommandError when the server refuses (`auth-refused`, `in-use`, `login-delay`, `remote-temporary`,
   *   `remote-permanent`) or nothing can be tried (`apop-not-offered`, `auth-unavailable`, `auth-needs-tls`,
   *   `bad-credentials-text`)
   */
  login(
    credentials: Credentials,
    policy: LoginPolicy,
    known?: Capabilities,
  ): Promise<{ method: LoginMethod }> {
    return this.#alone("login", async () => {
      const context = await this.#signInContext(policy, known);
      return { method: await signIn(context, prepareSignIn(context, credentials, policy)) };
    });
  }

  /**
   * Login, STAT and UIDL: in one write where `known` says that the server takes several commands at once and the
   * method needs no answer in between (USER/PASS, APOP); else one after the other, with the same result.
   *
   * @returns `uidl` is the error where the server refused UIDL alone
   * @throws as `login` and `stat` do
   */
  loginAndList(
    credentials: Credentials,
    policy: LoginPolicy,
    known?: Capabilities,
  ): Promise<{ method: LoginMethod; stat: MaildropStat; uidl: UidListing | Pop3CommandError }> {
    return this.#alone("login", async () => {
      const wire = this.#wire;
      const maildrop = this.#maildrop;
      const context = await this.#signInContext(policy, known);
      const prepared = prepareSignIn(context, credentials, policy);
      const lines = this.#mayPipeline ? linesOf(context, prepared) : null;
      const [method] = prepared.methods;
      if (lines === null || method === undefined) {
        return this.#signInAndList(context, prepared);
      }
      wire.send(Buffer.concat([lines.bytes, Buffer.from("STAT\r\nUIDL\r\n")]), [
        ...lines.shown,
        "STAT",
        "UIDL",
      ]);
      wire.pipelined = true;
      const answers: StatusLine[] = [];
      for (const shown of lines.shown) answers.push(await this.#answer(shown.slice(0, 4)));
      const refused = answers.find(({ kind }) => kind === "refused");
      if (refused) {
        const error = loginRefusal(wire, method, refused.text, context.capabilities?.authRespCode ?? false);
        await dropAnswers(maildrop, ["STAT", "UIDL"]);
        // USER refused as a command: the next method gets its turn, one command at a time.
        const others = method === "user" && refused === answers[0] && refusesCommand(refused.text);
        const methods = others ? prepared.methods.slice(1) : [];
        if (methods.length === 0 || wire.closed) throw error;
        return this.#signInAndList(context, { ...prepared, methods });
      }
      const stat = await readStat(maildrop, true);
      const uidl = await readUidl(maildrop, stat.count);
      wire.pipelined = false;
      return { method, stat, uidl };
    });
  }

  /**
   * `STAT`. An answer that cannot be read (seen at 20,000 messages and more) is made good by LIST.
   *
   * @throws Pop3CommandError `maildrop-refused`, or what a response code says
   */
  stat(): Promise<MaildropStat> {
    return this.#alone("STAT", () => {
      this.#wire.command("STAT");
      return readStat(this.#maildrop);
    });
  }

  /** `LIST`: sizes. Unreadable lines and numbers beyond STAT are dropped; never trust a size for framing. */
  list(stat: { readonly count: number }): Promise<SizeListing> {
    return this.#alone("LIST", () => askSizes(this.#maildrop, stat.count));
  }

  /**
   * `UIDL`: the unique-id of every message (RFC 1939, section 7). A line without number or id, or with a number
   * seen before or beyond STAT, is dropped alone: that message has no id.
   *
   * @throws Pop3CommandError `no-uidl` when the server has no UIDL, or what a response code says
   * @throws Pop3ProtocolError `limit-exceeded` past the bounds of R-20
   */
  uidl(stat: { readonly count: number }): Promise<UidListing> {
    return this.#alone("UIDL", async () => {
      this.#wire.command("UIDL");
      const listing = await readUidl(this.#maildrop, stat.count);
      if (listing instanceof Pop3CommandError) throw listing;
      return listing;
    });
  }

  /** `TOP`: header and `lines` lines of the body, LF line ends, at most 2 MiB. @throws Pop3CommandError `message-refused` */
  async top(number: number, lines: number): Promise<Uint8Array> {
    let answer: Uint8Array | Pop3CommandError | undefined;
    await this.topAll([number], lines, (_, given) => {
      answer = given;
    });
    if (answer instanceof Uint8Array) return answer;
    throw answer ?? new Pop3ProtocolError(this.#wire.closed ?? failure("unexpected", "local"));
  }

  /** `TOP` for many, several at once where offered; `each` is told in the order of `numbers`. */
  topAll(
    numbers: readonly number[],
    lines: number,
    each: (number: number, answer: Uint8Array | Pop3CommandError) => void,
  ): Promise<void> {
    return this.#alone("TOP", () => topInto(this.#retrieval(), numbers, lines, each));
  }

  /**
   * `RETR` for many, in order, several at once where offered. Nothing is deleted.
   *
   * @throws what the handler or a sink threw, or Pop3ProtocolError; in both cases the connection is dropped
   *   without QUIT (F1). Messages whose `end` was called are whole.
   */
  retrieve(
    numbers: readonly number[],
    handler: RetrieveHandler,
    options: RetrieveOptions = {},
  ): Promise<void> {
    return this.#alone("RETR", () =>
      retrieveInto(this.#retrieval(options.window), numbers, handler, options),
    );
  }

  /** `DELE` for many, several at once where offered; `each` learns of every answer in the order of `numbers`. */
  dele(
    numbers: readonly number[],
    each: (number: number, error: Pop3CommandError | null) => void,
  ): Promise<void> {
    return this.#alone("DELE", () =>
      runPipeline({
        wire: this.#wire,
        numbers,
        window: this.#mayPipeline ? deletionWindow : oneAtATime,
        command: (number) => `DELE ${number}`,
        expectedBytes: () => 0,
        proceed: () => true,
        answer: async (number) => {
          const answer = await this.#answer("DELE");
          each(number, answer.kind === "ok" ? null : messageRefusal(this.#wire, "DELE", number, answer.text));
        },
      }),
    );
  }

  noop(): Promise<void> {
    return this.#simple("NOOP");
  }

  /** `RSET`: unmarks what DELE marked. */
  rset(): Promise<void> {
    return this.#simple("RSET");
  }

  /** `UTF8` (RFC 6856): some servers refuse 8-bit headers without it. */
  utf8(): Promise<void> {
    return this.#simple("UTF8");
  }

  /**
   * `QUIT`. Resolved, the deletions are done; rejected, they may be or not (RFC 1939, section 6). Closed either way.
   *
   * @throws Pop3CommandError `quit-refused`: some deletions were not done
   */
  quit(): Promise<void> {
    return this.#alone("QUIT", async () => {
      this.#wire.command("QUIT");
      const { quitMs } = this.#maildrop.timeouts;
      const answer = await this.#wire.answer(this.#wire.patience(quitMs, "quit", "QUIT"));
      this.#wire.finish();
      if (answer.kind === "refused") throw commandRefusal(this.#wire, "QUIT", "quit-refused", answer.text);
    });
  }

  /** Drops the connection now, without QUIT: nothing is deleted, nothing consumed (F1). May be called at any time. */
  destroy(): void {
    this.#wire.close(cancelled(this.#wire.peer).failure);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
  }

  get #mayPipeline(): boolean {
    return (this.#options.pipelining ?? true) && (this.#capabilities?.pipelining ?? false);
  }

  async #signInContext(policy: LoginPolicy, known: Capabilities | undefined): Promise<SignInContext> {
    if (known) this.#capabilities = known;
    else if (this.#capabilities === null && policy.auth !== "user" && policy.auth !== "apop")
      await this.#askCapabilities();
    if (!known && this.#mechanismsMatter(policy)) await this.#askMechanisms();
    const { secure: encrypted, apopTimestamp } = this;
    const { replyMs } = this.#maildrop.timeouts;
    const { random } = this.#options;
    return {
      wire: this.#wire,
      secure: encrypted,
      apopTimestamp,
      capabilities: this.#capabilities,
      replyMs,
      random,
      channelBindings: () => (this.#tlsSocket === null ? [] : channelBindings(this.#tlsSocket)),
    };
  }

  /**
   * Whether to ask for the mechanisms by AUTH alone: only where the choice hangs on a name that no answer to CAPA gave.
   * Servers from before CAPA listed NTLM and MSN so (MS-POP3, 2.2.1); others may take a bare AUTH for an error that counts.
   */
  #mechanismsMatter(policy: LoginPolicy): boolean {
    if ((this.#capabilities?.sasl ?? []).length > 0) return false;
    if (policy.auth === "auto") return isMsnHost(this.#wire.peer.host);
    // Without CAPA a method fixed by name is tried in any case.
    return this.#capabilities !== null && (policy.auth === "ntlm" || policy.auth === "msn");
  }

  /** What AUTH alone lists is kept as if CAPA had said it; a server without CAPA has USER. */
  async #askMechanisms(): Promise<void> {
    const mechanisms = await askMechanisms(this.#maildrop);
    if (mechanisms.length === 0) return;
    const lines = this.#capabilities?.lines ?? ["USER"];
    this.#capabilities = parseCapabilities([...lines, `SASL ${mechanisms.join(" ")}`]);
  }

  async #signInAndList(context: SignInContext, prepared: SignIn) {
    const method = await signIn(context, prepared);
    this.#wire.command("STAT");
    const stat = await readStat(this.#maildrop);
    this.#wire.command("UIDL");
    return { method, stat, uidl: await readUidl(this.#maildrop, stat.count) };
  }

  async #askCapabilities(): Promise<Capabilities | null> {
    this.#capabilities = await askCapabilities(this.#maildrop);
    return this.#capabilities;
  }

  #answer(command: string): Promise<StatusLine> {
    return this.#wire.answer(this.#wire.patience(this.#maildrop.timeouts.replyMs, "reply", command));
  }

  #simple(command: string): Promise<void> {
    return this.#alone(command, async () => {
      this.#wire.command(command);
      const answer = await this.#answer(command);
      if (answer.kind === "refused")
        throw commandRefusal(this.#wire, command, "maildrop-refused", answer.text);
    });
  }

  #retrieval(window: Partial<Window> = {}): RetrieveContext {
    return {
      ...this.#maildrop,
      minimumRate: this.#options.minimumRate ?? defaultMinimumRate,
      window: this.#mayPipeline ? { ...fullWindow, ...window } : oneAtATime,
    };
  }

  async #alone<T>(command: string, run: () => Promise<T>): Promise<T> {
    if (this.#busy !== null) throw new Error(`${command} while ${this.#busy} is under way`);
    this.#busy = command;
    try {
      return await run();
    } finally {
      this.#busy = null;
    }
  }
}

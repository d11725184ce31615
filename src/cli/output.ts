/**
 * Where answers go: results on standard output, trouble and progress on standard error.
 *
 * A reader that goes away (`| head`) is no error: what follows is dropped.
 */
import { styleText } from "node:util";

export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  on?(event: "error", listener: (error: Error) => void): unknown;
  on?(event: "drain", listener: () => void): unknown;
}

export interface Streams {
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

type Style = "bold" | "green" | "red" | "yellow" | "dim" | "plain";

export class Output {
  readonly streams: Streams;
  readonly #colours: boolean;
  #full = false;
  #readerGone = false;
  #waiting: (() => void)[] = [];

  constructor(streams: Streams, env: Readonly<Record<string, string | undefined>>) {
    this.streams = streams;
    this.#colours = Boolean(streams.stdout.isTTY) && !env.NO_COLOR && env.TERM !== "dumb";
    for (const stream of [streams.stdout, streams.stderr]) stream.on?.("error", ignoreClosed);
    streams.stdout.on?.("error", () => {
      this.#readerGone = true;
      this.#wake();
    });
    streams.stdout.on?.("drain", () => this.#wake());
  }

  line(text: string): void {
    this.#full = this.streams.stdout.write(`${text}\n`) === false;
  }

  /** Nobody reads standard output any more. */
  get readerGone(): boolean {
    return this.#readerGone;
  }

  /** Resolves when the reader of standard output has caught up, or is gone: for answers of any length. */
  async drained(): Promise<void> {
    if (!this.#full || this.#readerGone || this.streams.stdout.on === undefined) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    this.#full = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  json(value: unknown): void {
    this.line(JSON.stringify(value, null, 2));
  }

  error(text: string): void {
    this.streams.stderr.write(`${text}\n`);
  }

  style(style: Style, text: string): string {
    return this.#colours && style !== "plain" ? styleText(style, text, { validateStream: false }) : text;
  }
}

function ignoreClosed(error: Error): void {
  if (!("code" in error) || error.code !== "EPIPE") throw error;
}

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
}

export interface Streams {
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

type Style = "bold" | "green" | "red" | "yellow" | "dim";

export class Output {
  readonly streams: Streams;
  readonly #colours: boolean;

  constructor(streams: Streams, env: Readonly<Record<string, string | undefined>>) {
    this.streams = streams;
    this.#colours = Boolean(streams.stdout.isTTY) && !env.NO_COLOR && env.TERM !== "dumb";
    for (const stream of [streams.stdout, streams.stderr]) stream.on?.("error", ignoreClosed);
  }

  line(text: string): void {
    this.streams.stdout.write(`${text}\n`);
  }

  json(value: unknown): void {
    this.line(JSON.stringify(value, null, 2));
  }

  error(text: string): void {
    this.streams.stderr.write(`${text}\n`);
  }

  style(style: Style, text: string): string {
    return this.#colours ? styleText(style, text, { validateStream: false }) : text;
  }
}

function ignoreClosed(error: Error): void {
  if (!("code" in error) || error.code !== "EPIPE") throw error;
}

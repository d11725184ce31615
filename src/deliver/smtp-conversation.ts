/**
 * What client and server said so far, by the library's own log of commands (secrets left out) and replies.
 */

/** Given to the library as its logger, with `transactionLog`. */
export class Conversation {
  /** Keywords of the last EHLO or LHLO reply, upper case (RFC 5321, 4.1.1.1). */
  extensions: ReadonlySet<string> = new Set();
  /** Called at each reply. */
  heard = (): void => {};
  #lastCommand = "";

  debug(entry: { readonly tnx?: string }, text: string): void {
    if (entry.tnx === "client") this.#lastCommand = text;
    if (entry.tnx !== "server") return;
    if (/^(EHLO|LHLO) /.test(this.#lastCommand)) this.extensions = extensionsOf(text);
    if (this.#lastCommand.startsWith("HELO ")) this.extensions = new Set();
    this.heard();
  }
}

/** Keywords after the first line, upper case; none where the reply is a refusal. */
function extensionsOf(reply: string): ReadonlySet<string> {
  if (!reply.startsWith("2")) return new Set();
  const lines = reply.split("\n").slice(1);
  return new Set(lines.map((line) => /^\d{3}[ -]([A-Za-z0-9-]+)/.exec(line)?.[1]?.toUpperCase() ?? ""));
}

/**
 * The headers of the newest messages of a maildrop, without touching mail: login, STAT, TOP, QUIT; never RETR, never
 * DELE (spec 5.2, F1).
 */
import { FailureError, failure } from "../core/failure.ts";
import { Header } from "../message/header.ts";
import { Pop3CommandError } from "../pop3/errors.ts";
import type { RemoteAccountRecord } from "../store/records.ts";
import type { CheckContext } from "./check.ts";
import { openMaildrop } from "./connect.ts";

/** Headers asked for at once: between them the bytes are counted. */
const atOnce = 10;
/** Once so much came, no more is asked for. */
const mostBytes = 8 * 1024 * 1024;

/**
 * @param most messages to look at; the last ones of the listing are taken for the newest
 * @returns headers, the newest first
 * @throws FailureError, Pop3CommandError or Pop3ProtocolError, each with its failure; `no-top` where the server shows
 *   no header at all.
 */
export async function newestHeaders(
  context: CheckContext,
  account: RemoteAccountRecord,
  most: number,
  signal: AbortSignal,
): Promise<Header[]> {
  const host = await context.store.host(account.host, account.port);
  const { client, stat } = await openMaildrop(context, account, host, signal);
  try {
    const numbers = Array.from({ length: Math.min(most, stat.count) }, (_, index) => stat.count - index);
    const headers: Header[] = [];
    let bytes = 0;
    let refusal: Pop3CommandError | null = null;
    for (let start = 0; start < numbers.length && bytes < mostBytes; start += atOnce) {
      await client.topAll(numbers.slice(start, start + atOnce), 0, (_, answer) => {
        if (answer instanceof Pop3CommandError) {
          refusal ??= answer;
          return;
        }
        bytes += answer.length;
        headers.push(Header.parse(answer).header);
      });
    }
    const refused = refusal as Pop3CommandError | null;
    await client.quit();
    if (headers.length === 0 && refused !== null) {
      const params = { host: account.host };
      const { remoteText } = refused.failure;
      throw new FailureError(failure("no-top", "account", { permanent: true, params, remoteText }));
    }
    return headers;
  } finally {
    client.destroy();
  }
}

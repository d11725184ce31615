/**
 * Delivers the headers of messages that a person wants at least that much of (spec 5.3, F20): TOP, and a message that
 * says what it is. The original stays at the provider, never taken.
 *
 * Accepting it ends the wish in the same commit, so that each wish brings one message, whatever dies meanwhile.
 */
import { FailureError, failure } from "../core/failure.ts";
import { wireField } from "../core/log.ts";
import { Header } from "../message/header.ts";
import { headerOnlyMessage } from "../message/header-only.ts";
import type { Pop3Client } from "../pop3/client.ts";
import { Pop3CommandError } from "../pop3/errors.ts";
import { reportLanguage } from "../queue/report.ts";
import { submit, type VisitOrigin } from "../queue/submit.ts";
import type { RemoteAccountRecord, VisitLease } from "../store/records.ts";
import type { Intake } from "./intake.ts";
import type { Action } from "./new-messages.ts";
import type { VisitContext } from "./visit-state.ts";

/**
 * @throws FailureError `cancelled` when the lease is lost; what the client, the disk and the database throw.
 */
export async function takeHeaders(
  context: VisitContext,
  client: Pop3Client,
  from: {
    readonly account: RemoteAccountRecord;
    readonly lease: VisitLease;
    readonly origin: VisitOrigin;
    readonly intake: Intake;
  },
  wanted: readonly Extract<Action, { kind: "take-header" }>[],
): Promise<void> {
  const { account, lease, origin, intake } = from;
  for (const { candidate, row } of wanted) {
    let top: Uint8Array;
    try {
      top = await client.top(candidate.number, 0);
    } catch (error) {
      if (!(error instanceof Pop3CommandError)) throw error;
      intake.headerRefused(candidate, row, error.failure);
      continue;
    }
    const text = context.headerOnlyText(reportLanguage(Header.parse(top).header), {
      login: wireField(account.login),
      host: account.host,
      sizeBytes: candidate.sizeBytes,
      reason: row.reason ?? "failing",
    });
    // Another header that a person asked for is no copy of the first.
    const submission = submit(context.submit, { ...origin, mergeCopies: false });
    try {
      await submission.write(headerOnlyMessage(top, text));
      submission.close();
    } catch (error) {
      await submission.discard();
      throw error;
    }
    const accepted = await submission.accept({
      lease,
      uid: candidate.uid,
      sizeBytes: candidate.sizeBytes,
      state: "left",
      replaces: null,
      headerOf: row.id,
    });
    if (accepted.kind === "lost-lease") throw new FailureError(failure("cancelled", "local"));
  }
}

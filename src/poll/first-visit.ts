/**
 * The first visit of a maildrop: what of all that lies there is taken? (spec 4, `firstVisit`, F8)
 *
 * The decision is written down, whole and durably, before anything is passed over: a visit that dies before that has
 * decided nothing, and the next one decides about what is there then. It is made once for a maildrop.
 *
 * A record whose host or login was edited names a maildrop of which nothing is known, and what hides no mail there
 * must come from the messages themselves (spec 5.4): where it was visited before, `markSeen` then means "older than
 * the last visit", by the messages' own dates. So nothing that came between the two is passed over.
 */
import { type Failure, FailureError, failure } from "../core/failure.ts";
import { HOUR } from "../core/time.ts";
import { arrivalOf, zonedMoment } from "../message/date.ts";
import { Header } from "../message/header.ts";
import type { Pop3Client } from "../pop3/client.ts";
import { Pop3CommandError } from "../pop3/errors.ts";
import type { RemoteAccountRecord, VisitLease } from "../store/records.ts";
import type { Candidate, Plan } from "./new-messages.ts";
import type { VisitContext, VisitState } from "./visit-state.ts";

/** Headers asked for between two looks at the clock of the visit. */
const headersAtOnce = 200;
/** Clocks differ: so much earlier than the last visit a message still counts as later. */
const clockDifferenceMs = HOUR;

/** What is marked as seen: everything, or what is older than a moment. null: nothing, all is taken. */
export type FirstVisitRule =
  | { readonly kind: "everything" }
  | { readonly kind: "before"; readonly at: number };

/**
 * The rule in force for a maildrop whose first visit is pending.
 *
 * @param timeZone in which a date without an hour begins
 */
export function firstVisitRule(
  account: Pick<RemoteAccountRecord, "extras" | "last">,
  timeZone: string,
): FirstVisitRule | null {
  const { firstVisit } = account.extras;
  if (firstVisit === undefined) return null;
  if (firstVisit !== "markSeen") {
    const at = zonedMoment(firstVisit.replace(/^since\s+/, ""), timeZone);
    return at === null ? null : { kind: "before", at };
  }
  const { successAt } = account.last;
  return successAt === null ? { kind: "everything" } : { kind: "before", at: successAt - clockDifferenceMs };
}

/** Why a server makes it impossible to pass anything over. @param lacks the command that it does not have */
export function firstVisitImpossible(
  account: Pick<RemoteAccountRecord, "host">,
  lacks: "UIDL" | "TOP",
  remoteText: string | null = null,
): Failure {
  return failure("first-visit-impossible", "account", {
    permanent: true,
    params: { host: account.host, command: lacks },
    remoteText,
  });
}

/** Candidates that the plan would take, or pass over for another reason, without knowing them. Pure. */
function unknownIn(plan: Plan): Candidate[] {
  return plan.actions.flatMap((action) => {
    const unknown =
      action.kind === "skip"
        ? action.row === null
        : (action.kind === "retrieve" || action.kind === "compare-header") && action.rows.length === 0;
    return unknown ? [action.candidate] : [];
  });
}

/**
 * Decides about a complete listing, and writes it down.
 *
 * @param plan what would be done without the rule: messages that are known already stay what they are
 * @returns how many are marked as seen
 * @throws FailureError `first-visit-impossible` where dates are needed and the server has no TOP; `cancelled` when the
 *   lease is lost.
 */
export async function decideFirstVisit(
  context: VisitContext,
  client: Pop3Client,
  visit: { readonly account: RemoteAccountRecord; readonly lease: VisitLease; readonly state: VisitState },
  plan: Plan,
  rule: FirstVisitRule,
): Promise<number> {
  const { account, lease, state } = visit;
  const unknown = unknownIn(plan);
  const older = rule.kind === "everything" ? unknown : await olderThan(client, account, unknown, rule.at);
  const seen = older.flatMap(({ uid, sizeBytes }) =>
    uid === null ? [] : [{ uid, sizeBytes: Number.isNaN(sizeBytes) ? null : sizeBytes }],
  );
  const held = await context.store.decideFirstVisit(lease, {
    at: context.clock.now(),
    state: "decided",
    seen,
  });
  if (!held) throw new FailureError(failure("cancelled", "local"));
  state.firstVisit = "decided";
  context.log.write("first-visit", () => ({
    messages: unknown.length,
    seen: seen.length,
    ...state.about,
  }));
  return seen.length;
}

/** Those whose own dates are earlier; one whose date cannot be read is not among them. */
async function olderThan(
  client: Pop3Client,
  account: RemoteAccountRecord,
  candidates: readonly Candidate[],
  at: number,
): Promise<Candidate[]> {
  const older: Candidate[] = [];
  const byNumber = new Map(candidates.map((candidate) => [candidate.number, candidate]));
  const numbers = [...byNumber.keys()];
  let refusal: Pop3CommandError | null = null;
  let readable = client.capabilities?.top ?? false;
  for (let start = 0; start < numbers.length; start += headersAtOnce) {
    await client.topAll(numbers.slice(start, start + headersAtOnce), 0, (number, answer) => {
      if (answer instanceof Pop3CommandError) {
        refusal ??= answer;
        return;
      }
      readable = true;
      const candidate = byNumber.get(number);
      const arrived = arrivalOf(Header.parse(answer).header);
      if (candidate !== undefined && arrived !== null && arrived < at) older.push(candidate);
    });
    // One message may have no header to show; a server that shows none has no TOP.
    const refused = refusal as Pop3CommandError | null;
    if (!readable && refused !== null)
      throw new FailureError(firstVisitImpossible(account, "TOP", refused.failure.remoteText));
  }
  return older;
}

/** The visit that took what was to be taken is over: later ones are no first visits. */
export async function endFirstVisit(
  context: VisitContext,
  lease: VisitLease,
  state: VisitState,
): Promise<void> {
  if (state.firstVisit === "over") return;
  await context.store.decideFirstVisit(lease, { at: context.clock.now(), state: "over", seen: [] });
  state.firstVisit = "over";
}

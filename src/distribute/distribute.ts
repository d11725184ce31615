/**
 * Whose mail is this? From a header and an account to the recipients, each once. Pure; never throws.
 *
 * Unified (spec 6): the rebuilt envelope, routed. Personal (spec 7): the owner, whatever the header says.
 * Somebody always gets it: where nobody else is left, and where a header passes a bound or cannot be read, the
 * postmaster of the main domain, NOTIFY=NEVER (seed 51, R-42).
 */
import { type Address, addressKey, formatAddress } from "../core/address.ts";
import { failure } from "../core/failure.ts";
import type { Header } from "../message/header.ts";
import { parseMailboxes } from "../message/mailbox-list.ts";
import { returnPath } from "../message/return-path.ts";
import { postmasterOf, type Routing, route, routePostmaster } from "../route/router.ts";
import type { CompiledRouter, RoutedAccount } from "../route/routing-table.ts";
import type {
  Decision,
  Distribution,
  DistributionInput,
  DistributionRecipient,
  OwnInput,
  PersonalInput,
  PostmasterReason,
  Target,
  UnifiedInput,
  Verdict,
} from "./distribution.ts";
import { type Candidate, rebuildEnvelope } from "./unified.ts";

/** Distributes one message; `recipients` is never empty. */
export function distribute(input: DistributionInput, header: Header, router: CompiledRouter): Distribution {
  switch (input.kind) {
    case "personal":
      return distributePersonal(input, header, router);
    case "unified":
      return distributeUnified(input, header, router);
    case "own":
      return distributeOwn(input, header, router);
  }
}

/** Our own mail goes where its recipients are, also through the relay; from `<>`, and never reported (R-51). */
function distributeOwn(input: OwnInput, header: Header, router: CompiledRouter): Distribution {
  const judged = input.recipients.map((address) => {
    const text = formatAddress(address);
    return { address, text, ...judge({ source: "own", text, address }, false, true, router) };
  });
  return {
    reversePath: null,
    header,
    guessed: false,
    specialHeaderAbsent: false,
    postmasterReason: null,
    recipients: judged.flatMap(({ target, address }) =>
      target === null ? [] : [{ target, forwardPath: address, notify: "never" as const }],
    ),
    decisions: judged.map(({ address, text, verdict, steps }) => ({
      source: "own",
      text,
      address,
      verdict,
      steps,
    })),
  };
}

function distributePersonal(input: PersonalInput, header: Header, router: CompiledRouter): Distribution {
  const account = router.accountsById.get(input.owner);
  const rest = {
    reversePath: returnPath(header),
    header: header.without(["Return-Path"]),
    guessed: false,
    specialHeaderAbsent: false,
  };
  const forwardPath = account ? ownPath(account) : undefined;
  if (!account || !forwardPath) {
    return { ...rest, ...toPostmaster(router, "owner-missing"), decisions: [] };
  }
  const steps = [{ rule: "account", to: account.address }] as const;
  return {
    ...rest,
    recipients: [{ target: { kind: "local", account, domainWide: false }, forwardPath, notify: "never" }],
    postmasterReason: null,
    decisions: [
      { source: "owner", text: account.address, address: forwardPath, verdict: "recipient", steps },
    ],
  };
}

const ownPaths = new WeakMap<RoutedAccount, Address | undefined>();

/** An account's address, read once and not for each of its messages. */
function ownPath(account: RoutedAccount): Address | undefined {
  if (!ownPaths.has(account)) ownPaths.set(account, parseMailboxes([account.address]).mailboxes[0]);
  return ownPaths.get(account);
}

function distributeUnified(input: UnifiedInput, header: Header, router: CompiledRouter): Distribution {
  const envelope = rebuildEnvelope(header, input.specialHeader, input.specialHeaderPrefix);
  const { reversePath, guessed, specialHeaderAbsent, notify } = envelope;
  const recipients: DistributionRecipient[] = [];
  const decisions: Decision[] = [];
  const reached = new Set<string>();
  for (const candidate of envelope.candidates) {
    const { target, verdict, steps } = judge(candidate, guessed, input.relaySpecialHeader, router);
    const { source, text, address } = candidate;
    if (!target || address === null) {
      decisions.push({ source, text, address, verdict, steps });
      continue;
    }
    const key = targetKey(target, address);
    const repeated = reached.has(key);
    reached.add(key);
    if (!repeated) recipients.push({ target, forwardPath: address, notify });
    decisions.push({ source, text, address, verdict: repeated ? "repeated" : verdict, steps });
  }
  const rest = { reversePath, header: envelope.header, guessed, specialHeaderAbsent, decisions };
  if (recipients.length > 0) return { ...rest, recipients, postmasterReason: null };
  const nobodyNamed = !decisions.some(({ verdict }) => verdict !== "unreadable" && verdict !== "no-domain");
  const reason = envelope.bound ?? (!guessed && nobodyNamed ? "no-readable-address" : "nobody-left");
  return { ...rest, ...toPostmaster(router, reason) };
}

interface Judgement {
  readonly target: Target | null;
  readonly verdict: Verdict;
  readonly steps: Decision["steps"];
}

/** What one address comes to. */
function judge(
  candidate: Candidate,
  guessed: boolean,
  relayForeign: boolean,
  router: CompiledRouter,
): Judgement {
  const { address } = candidate;
  if (address === null) return { target: null, verdict: "unreadable", steps: [] };
  if (address.domain === "") return { target: null, verdict: "no-domain", steps: [] };
  const routing = route(router, address);
  const { steps } = routing;
  if (guessed && routing.kind !== "local" && routing.kind !== "postmaster") {
    return { target: null, verdict: "ignored", steps };
  }
  switch (routing.kind) {
    case "local":
    case "postmaster":
    case "remote":
      return { target: targetOf(routing), verdict: "recipient", steps };
    case "unknown-user": {
      const params = { address: formatAddress(address) };
      const refusal = failure("unknown-user", "recipient", { params, permanent: true, status: "5.1.1" });
      return { target: { kind: "refused", failure: refusal }, verdict: "unknown-user", steps };
    }
    case "not-ours":
      // A forged header must not make us an open relay, nor one forgotten domain a mass bounce (spec 6).
      return relayForeign
        ? { target: { kind: "remote", address }, verdict: "recipient", steps }
        : { target: null, verdict: "foreign", steps };
  }
}

function targetOf(routing: Extract<Routing, { kind: "local" | "postmaster" | "remote" }>): Target {
  switch (routing.kind) {
    case "local":
      return { kind: "local", account: routing.account, domainWide: routing.domainWide };
    case "postmaster":
      return { kind: "postmaster" };
    case "remote":
      return { kind: "remote", address: routing.address };
  }
}

/** Two addresses with one key get one copy. A domain-wide account must hear of each: X-Real-To tells them apart. */
function targetKey(target: Target, address: Address): string {
  switch (target.kind) {
    case "local":
      return `local ${target.account.id}${target.domainWide ? ` ${addressKey(address)}` : ""}`;
    case "postmaster":
      return "postmaster";
    case "remote":
      return `remote ${addressKey(target.address)}`;
    case "refused":
      return `refused ${addressKey(address)}`;
  }
}

function toPostmaster(router: CompiledRouter, postmasterReason: PostmasterReason) {
  const target = targetOf(routePostmaster(router));
  const recipients = [{ target, forwardPath: postmasterOf(router), notify: "never" as const }];
  return { recipients, postmasterReason };
}

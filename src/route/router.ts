/**
 * Where does an address go? Pure, over a table snapshot (spec 8).
 *
 * In a domain of ours, by its name or an alias, the first that fits: the domain-wide account; then, for the
 * whole local part and then for `name` of `name+detail`: account, alias, route, postmaster; then the route `*`;
 * then the catch-all. Domains are compared always (F16), names without case, IDN in either form. Never throws.
 */
import { type Address, foldDomain, foldName } from "../core/address.ts";
import type { CompiledDomain, CompiledRouter, RoutedAccount } from "./routing-table.ts";

/** Where an address goes, and by which steps. */
export type Routing = Destination & { readonly steps: readonly RouteStep[] };

type Destination =
  | {
      readonly kind: "local";
      readonly account: RoutedAccount;
      /** It is the domain-wide account: delivery writes the envelope recipient into X-Real-To (seed 46). */
      readonly domainWide: boolean;
    }
  /** A route of ours leads elsewhere, through the relay. */
  | { readonly kind: "remote"; readonly address: Address }
  /** Postmaster of the main domain, where no account has that name: the built-in mailbox (spec 2). */
  | { readonly kind: "postmaster" }
  /** The domain is ours, the name nobody's. */
  | { readonly kind: "unknown-user" }
  | { readonly kind: "not-ours" };

/** One step of the way, for `rpop envelope`: which rule, and what it made of the address. */
export interface RouteStep {
  readonly rule:
    | "domain-alias"
    | "domain-wide-account"
    | "account"
    | "alias"
    | "detail"
    | "route"
    | "wildcard-route"
    | "postmaster"
    | "main-postmaster"
    | "built-in-postmaster"
    | "catch-all"
    | "unknown-user"
    | "not-ours"
    /** Routes that lead in a circle, or further than 20 of them. */
    | "loop"
    | "unreadable-route";
  /** Address, name or domain that the rule led to. */
  readonly to: string;
}

/** Routes that follow each other before they count as a circle. */
const maxHops = 20;

/** Routes one address. An address without a domain is nobody's: `not-ours`. */
export function route(router: CompiledRouter, address: Address): Routing {
  const steps: RouteStep[] = [];
  const destination = follow(router, address, steps, 0);
  if (destination.kind === "unknown-user" && foldName(address.localPart) === postmaster) {
    // A route of that name that leads nowhere: a postmaster there must be (RFC 5321, 4.5.1).
    steps.push({ rule: "built-in-postmaster", to: postmaster });
    return { kind: "postmaster", steps };
  }
  return { ...destination, steps };
}

/**
 * Where mail goes that nobody else gets: postmaster of the main domain; an account, an alias or a route of
 * that name, else the built-in mailbox. Never fails.
 */
export function routePostmaster(
  router: CompiledRouter,
): Extract<Routing, { kind: "local" | "postmaster" | "remote" }> {
  const routing = route(router, postmasterOf(router));
  if (routing.kind !== "not-ours" && routing.kind !== "unknown-user") return routing;
  return { kind: "postmaster", steps: [...routing.steps, { rule: "built-in-postmaster", to: postmaster }] };
}

/** `postmaster@` the main domain. */
export function postmasterOf(router: CompiledRouter): Address {
  return { localPart: postmaster, domain: router.mainDomain };
}

const postmaster = "postmaster";

function follow(router: CompiledRouter, address: Address, steps: RouteStep[], hops: number): Destination {
  const asked = foldDomain(address.domain);
  const domain = router.domains.get(asked);
  if (!domain) {
    // Whoever was led here by a route of ours is meant to leave.
    if (hops > 0) return { kind: "remote", address };
    steps.push({ rule: "not-ours", to: address.domain });
    return { kind: "not-ours" };
  }
  if (domain.name !== asked) steps.push({ rule: "domain-alias", to: domain.name });
  if (domain.domainWide) return local(domain.domainWide, "domain-wide-account", steps);

  const name = foldName(address.localPart);
  const plus = name.indexOf("+");
  const base = plus > 0 ? name.slice(0, plus) : null;
  return (
    exact(router, domain, name, steps, hops) ??
    (base === null ? null : exact(router, domain, base, steps, hops, true)) ??
    rest(router, domain, steps, hops)
  );
}

/** Account, alias, route or postmaster of that very name; null where nothing has it. */
function exact(
  router: CompiledRouter,
  domain: CompiledDomain,
  name: string,
  steps: RouteStep[],
  hops: number,
  detail = false,
): Destination | null {
  const note = () => {
    if (detail) steps.push({ rule: "detail", to: name });
  };
  const account = domain.accounts.get(name);
  if (account) {
    note();
    return local(account, "account", steps);
  }
  const owner = domain.aliases.get(name);
  if (owner) {
    note();
    return local(owner, "alias", steps);
  }
  const target = name === "*" ? undefined : domain.routes.get(name);
  if (target !== undefined) {
    note();
    return forward(router, target, "route", steps, hops);
  }
  if (name !== postmaster) return null;
  note();
  const main = router.domains.get(router.mainDomain);
  if (main && main !== domain) {
    steps.push({ rule: "main-postmaster", to: `${postmaster}@${router.mainDomain}` });
    return follow(router, postmasterOf(router), steps, hops);
  }
  steps.push({ rule: "built-in-postmaster", to: postmaster });
  return { kind: "postmaster" };
}

function rest(router: CompiledRouter, domain: CompiledDomain, steps: RouteStep[], hops: number): Destination {
  const target = domain.routes.get("*");
  if (target !== undefined) return forward(router, target, "wildcard-route", steps, hops);
  if (domain.catchAll) return local(domain.catchAll, "catch-all", steps);
  steps.push({ rule: "unknown-user", to: domain.name });
  return { kind: "unknown-user" };
}

function forward(
  router: CompiledRouter,
  target: Address | null,
  rule: "route" | "wildcard-route",
  steps: RouteStep[],
  hops: number,
): Destination {
  if (target === null) {
    steps.push({ rule: "unreadable-route", to: "" });
    return { kind: "unknown-user" };
  }
  const to = `${target.localPart}@${target.domain}`;
  steps.push({ rule, to });
  if (hops >= maxHops) {
    steps.push({ rule: "loop", to });
    return { kind: "unknown-user" };
  }
  return follow(router, target, steps, hops + 1);
}

function local(
  account: RoutedAccount,
  rule: "account" | "alias" | "catch-all" | "domain-wide-account",
  steps: RouteStep[],
): Destination {
  steps.push({ rule, to: account.address });
  return { kind: "local", account, domainWide: rule === "domain-wide-account" };
}

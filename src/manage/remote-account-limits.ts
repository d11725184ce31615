/**
 * What binds those who set a remote account without being administrators: users' limits (spec 3), and what only an
 * administrator may vouch for (spec 4, 10). Pure.
 *
 * Names of hosts are not looked up here: what they lead to is decided at each connection, by the address.
 */
import { isIP } from "node:net";
import { type Actor, may, reachesOnlyOwn } from "../auth/policies.ts";
import { formatDuration } from "../core/time.ts";
import { refuseAddress } from "../poll/self-poll.ts";
import type { Settings } from "../settings/definitions.ts";
import type { RemoteAccountRecord, SetBy } from "../store/records.ts";
import type { DesiredRemote } from "./configuration-file/desired.ts";
import { type Fault, fault } from "./configuration-file/mistake.ts";
import type { SetByWhom } from "./configuration-file/plan.ts";
import { userKeys, vouchingKeys } from "./configuration-file/remote-account-keys.ts";
import type { FileRemoteAccount } from "./configuration-file/schema.ts";
import { hasPort } from "./server-address.ts";

export interface LimitsInput {
  readonly actor: Actor;
  readonly settings: Pick<
    Settings,
    "minimumPollIntervalMs" | "accountsPerUser" | "userPorts" | "allowPrivateHosts"
  >;
  /** The keys that the actor gave, as read. */
  readonly given: FileRemoteAccount;
  /** The record as it is to be. */
  readonly value: DesiredRemote;
  readonly current: RemoteAccountRecord | null;
  /** Remote accounts of that owner, this one not counted. */
  readonly others: number;
}

/** The record as the actor may have it, who stands for what in it, and everything that the actor may not. */
export interface Limited {
  readonly value: DesiredRemote;
  readonly by: SetByWhom;
  readonly faults: readonly Fault[];
}

export function limited(input: LimitsInput): Limited {
  const { actor, given, current, settings } = input;
  const isUser = reachesOnlyOwn(actor, "define-personal");
  const vouches = may(actor, "vouch") === true;
  const by = setByWhom(input, isUser, vouches);
  const raised = isUser ? raisedInterval(input, by.setBy) : input.value;
  const value = vouches || !leadsElsewhere(raised, current) ? raised : withoutTrust(raised);
  const faults = [
    ...keyFaults(given, isUser, vouches),
    ...(vouches ? [] : [...trustFaults(input), ...privateFaults(value, by, settings.allowPrivateHosts)]),
    ...(isUser ? userFaults(input) : []),
  ];
  return { value, by, faults };
}

/**
 * An interval belongs to who chose it, and stays theirs when others save other fields (spec 3). A server belongs to
 * who named it; an administrator who names it again vouches for it.
 */
function setByWhom({ given, value, current }: LimitsInput, isUser: boolean, vouches: boolean): SetByWhom {
  const chose =
    current === null ||
    (given.pollEvery !== undefined && (!isUser || value.pollEveryMs !== current.pollEveryMs));
  const named =
    current === null ||
    current.host !== value.host ||
    current.port !== value.port ||
    (vouches && given.server !== undefined);
  const interval: SetBy = isUser ? "user" : "administrator";
  const server: SetBy = vouches ? "administrator" : "user";
  return {
    setBy: chose ? interval : current.setBy,
    serverSetBy: named ? server : current.serverSetBy,
  };
}

/** What a user chose when less was allowed is raised at the next save. */
function raisedInterval(input: LimitsInput, setBy: SetBy): DesiredRemote {
  const { value, settings } = input;
  const { pollEveryMs } = value;
  if (setBy !== "user" || pollEveryMs === null || newlyChosenMs(input) !== null) return value;
  return { ...value, pollEveryMs: Math.max(pollEveryMs, settings.minimumPollIntervalMs) };
}

/** The interval that was asked for, where it is not the one that stands; null: none. */
function newlyChosenMs({ given, current }: LimitsInput): number | null {
  const { pollEvery } = given;
  return typeof pollEvery === "number" && pollEvery !== current?.pollEveryMs ? pollEvery : null;
}

function leadsElsewhere(value: DesiredRemote, current: RemoteAccountRecord | null): boolean {
  return current !== null && (current.host !== value.host || current.port !== value.port);
}

/** What somebody vouched for was another server. */
function withoutTrust(value: DesiredRemote): DesiredRemote {
  const extras = Object.fromEntries(Object.entries(value.extras).filter(([key]) => !vouchingKeys.has(key)));
  return { ...value, extras };
}

function keyFaults(given: FileRemoteAccount, isUser: boolean, vouches: boolean): Fault[] {
  return Object.entries(given)
    .filter(([key, value]) => {
      if (value === undefined || key === "id") return false;
      return isUser ? !userKeys.has(key) : !vouches && vouchingKeys.has(key);
    })
    .map(([key]) => fault("administrators-only", [key], { key }));
}

/** A password goes to the server that it was entered for: no other one gets it on somebody else's word. */
function trustFaults({ given, value, current }: LimitsInput): Fault[] {
  if (current === null || given.password) return [];
  const elsewhere = leadsElsewhere(value, current) || current.login !== value.login;
  const weaker = current.tls !== "off" && value.tls === "off";
  return elsewhere || weaker ? [fault("password-again", ["password"], {})] : [];
}

/** An address literal needs no lookup to be refused; all refusals read alike. */
function privateFaults(value: DesiredRemote, by: SetByWhom, allowPrivateHosts: boolean): Fault[] {
  if (by.serverSetBy !== "user" || isIP(value.host) === 0) return [];
  const policy = {
    allowSelfPoll: true,
    allowPrivateHosts,
    ownAddresses: [],
    setByAdministrator: false,
  };
  return refuseAddress(value.host, value.host, policy) === null
    ? []
    : [fault("private-host", ["server"], { host: value.host })];
}

function userFaults(input: LimitsInput): Fault[] {
  const { value, current, settings, others } = input;
  const faults: Fault[] = [];
  const { minimumPollIntervalMs, accountsPerUser, userPorts } = settings;
  const chosen = newlyChosenMs(input);
  if (chosen !== null && chosen < minimumPollIntervalMs) {
    const params = { value: formatDuration(chosen), min: formatDuration(minimumPollIntervalMs) };
    faults.push(fault("interval-too-short", ["pollEvery"], params));
  }
  if (current === null && others >= accountsPerUser) {
    faults.push(fault("too-many-accounts", [], { max: accountsPerUser }));
  }
  // A port that an administrator named stays usable.
  const portChanged = current === null || current.port !== value.port;
  if (portChanged && !userPorts.includes(value.port)) {
    const at = hasPort(value.server) ? "server" : "tls";
    faults.push(fault("port-not-allowed", [at], { port: value.port, ports: userPorts.join(", ") }));
  }
  return faults;
}

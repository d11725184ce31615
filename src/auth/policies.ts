/**
 * Who may do what: one table of actions and roles, and the only place that decides (spec 9, 10).
 *
 * Pure. A service asks before it does anything; what it is refused comes as `not-allowed`, with the role. How far
 * an action reaches is part of the answer: everybody's, or only what belongs to the actor's own local account.
 */
import { type Failure, FailureError, failure } from "../core/failure.ts";
import type { LocalAccountId } from "../core/ids.ts";

export const roles = ["administrator", "operator", "viewer", "user"] as const;
export type Role = (typeof roles)[number];

/** Who asks. On the command line: an administrator, by right of reading the data directory. */
export interface Actor {
  readonly role: Role;
  /** As recorded with what was done: a login; on the command line the system's user name. */
  readonly name: string;
  /** The local account that is the actor's own; null: none. */
  readonly accountId: LocalAccountId | null;
}

/** Whose thing it is that something is done to. */
export interface Subject {
  /** null: it belongs to the server, as a unified account does. */
  readonly ownerId: LocalAccountId | null;
  /** The right of that local account to have remote accounts of its own (spec 2). */
  readonly mayUseRemoteAccounts: boolean;
}

/** `everything`; `own`: what belongs to the actor's local account, which has the right to it; `nothing`. */
type Reach = "everything" | "own" | "nothing";

type Row = Readonly<Record<Role, Reach>>;

function row(administrator: Reach, operator: Reach, viewer: Reach, user: Reach): Row {
  return { administrator, operator, viewer, user };
}

const all = "everything";
const own = "own";
const none = "nothing";

/** The actions in the order of the web's table of rights; there, each has its label. */
const table = {
  /** Settings, domains, local accounts, rules; the whole configuration by a file. */
  "change-settings": row(all, none, none, none),
  "define-unified": row(all, all, none, none),
  "define-personal": row(all, all, own, own),
  /** Visits, checks, marks ended by hand. */
  poll: row(all, all, own, own),
  /** Retry, hold, release. */
  "move-mail": row(all, all, none, none),
  /** Drop, and send to somebody else. */
  "drop-mail": row(all, none, none, none),
  "see-remote-accounts": row(all, all, all, own),
  /** Status, marks, the configuration without its passwords. */
  "see-server": row(all, all, all, none),
  "see-queue": row(all, all, all, none),
  "see-log": row(all, all, all, none),
  "see-audit": row(all, all, all, none),
  "manage-people": row(all, none, none, none),
  /**
   * To vouch for a remote server and for files of this machine: private hosts, certificates that are not checked,
   * passwords from files and commands.
   */
  vouch: row(all, none, none, none),
  /** Everything in one folder: all mail, the sealed passwords, the key. */
  backup: row(all, none, none, none),
} as const satisfies Readonly<Record<string, Row>>;

export type Action = keyof typeof table;

export const actions = Object.keys(table) as Action[];

/**
 * @param subject whose thing it is; undefined: the action concerns everything, so `own` is not enough
 * @returns true, or `not-allowed` with the role.
 */
export function may(actor: Actor, action: Action, subject?: Subject): true | Failure {
  const reach: Reach = table[action][actor.role];
  if (reach === "everything") return true;
  const isOwn =
    subject !== undefined &&
    subject.ownerId !== null &&
    subject.ownerId === actor.accountId &&
    subject.mayUseRemoteAccounts;
  if (reach === "own" && isOwn) return true;
  return failure("not-allowed", "local", { permanent: true, params: { role: actor.role, action } });
}

/**
 * The one line with which a service begins.
 *
 * @throws FailureError `not-allowed`
 */
export function demand(actor: Actor, action: Action, subject?: Subject): void {
  const answer = may(actor, action, subject);
  if (answer !== true) throw new FailureError(answer);
}

/** Whether the actor's say over an action ends at what is the actor's own: users' limits bind these (spec 3). */
export function reachesOnlyOwn(actor: Actor, action: Action): boolean {
  return table[action][actor.role] === "own";
}

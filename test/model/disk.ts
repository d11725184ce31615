/**
 * The names of one message on a disk that may lose power, for the model of Maildir delivery.
 *
 * What was not synced is a list of operations in their order. At power loss any of them may be missing, but one
 * that builds on another (it touches a name the other touched) never survives alone; a rename is one operation
 * (reliability, fault model). fsync of a directory makes the operations on its names durable, and what they build on.
 *
 * `gone` counts what readers removed, so that a removal that power loss undoes is undone here too.
 */

export interface Names {
  /** Bit t: `tmp/NAME.t` is there. */
  readonly tmp: number;
  /** `new/NAME`: 0 or 1. */
  readonly fresh: number;
  /** Copies in `cur`, under whatever flags. */
  readonly cur: number;
  /** Copies that a reader deleted or moved to another folder. */
  readonly gone: number;
}

export type Operation =
  | { readonly kind: "link" | "unlink" | "show"; readonly token: number }
  | { readonly kind: "read" | "remove-new" | "remove-cur" };

export interface Disk {
  readonly durable: Names;
  readonly pending: readonly Operation[];
}

export const emptyDisk: Disk = { durable: { tmp: 0, fresh: 0, cur: 0, gone: 0 }, pending: [] };

/** What processes see. */
export function visible(disk: Disk): Names {
  return disk.pending.reduce(after, disk.durable);
}

export function has(names: Names, token: number): boolean {
  return (names.tmp & (1 << token)) !== 0;
}

/** Copies that the owner got in this history of the disk. */
export function copies(names: Names): number {
  return names.fresh + names.cur + names.gone;
}

function keyOfNames({ tmp, fresh, cur, gone }: Names): string {
  return `${tmp},${fresh},${cur},${gone}`;
}

export function keyOfDisk({ durable, pending }: Disk): string {
  let key = keyOfNames(durable);
  for (const operation of pending) key += `,${operation.kind}${"token" in operation ? operation.token : ""}`;
  return key;
}

export function perform(disk: Disk, ...operations: Operation[]): Disk {
  return { durable: disk.durable, pending: [...disk.pending, ...operations] };
}

export function syncDirectory(disk: Disk, directory: "tmp" | "new"): Disk {
  const names = directory === "tmp" ? TMP : NEW;
  let kept = 0;
  disk.pending.forEach((operation, index) => {
    if (namesOf(operation) & names) kept |= 1 << index;
  });
  return settle(disk, closed(disk.pending, kept));
}

export function syncAll(disk: Disk): Disk {
  return { durable: visible(disk), pending: [] };
}

/** Every disk that power loss may leave. */
export function afterPowerLoss(disk: Disk): Disk[] {
  const left = new Map<string, Disk>();
  for (let chosen = 0; chosen < 1 << disk.pending.length; chosen++) {
    if (closed(disk.pending, chosen) !== chosen) continue;
    const { durable } = settle(disk, chosen);
    left.set(keyOfNames(durable), { durable, pending: [] });
  }
  return [...left.values()];
}

/** Makes the operations whose bits are set durable. */
function settle(disk: Disk, kept: number): Disk {
  return {
    durable: disk.pending.filter((_, index) => kept & (1 << index)).reduce(after, disk.durable),
    pending: disk.pending.filter((_, index) => !(kept & (1 << index))),
  };
}

/** The bits of the chosen operations and of all that they build on. */
function closed(pending: readonly Operation[], chosen: number): number {
  let kept = chosen;
  for (let index = pending.length - 1; index > 0; index--) {
    if (!(kept & (1 << index))) continue;
    const names = namesOf(pending[index] as Operation);
    for (let earlier = 0; earlier < index; earlier++) {
      if (namesOf(pending[earlier] as Operation) & names) kept |= 1 << earlier;
    }
  }
  return kept;
}

/** Names as bits: `tmp/NAME.t` is bit t. */
const NEW = 1 << 16;
const CUR = 1 << 17;
const TMP = NEW - 1;

function namesOf(operation: Operation): number {
  switch (operation.kind) {
    case "link":
    case "unlink":
      return 1 << operation.token;
    case "show":
      return (1 << operation.token) | NEW;
    case "read":
      return NEW | CUR;
    case "remove-new":
      return NEW;
    case "remove-cur":
      return CUR;
  }
}

function after(names: Names, operation: Operation): Names {
  switch (operation.kind) {
    case "link":
      return { ...names, tmp: names.tmp | (1 << operation.token) };
    case "unlink":
      return { ...names, tmp: names.tmp & ~(1 << operation.token) };
    case "show":
      return { ...names, tmp: names.tmp & ~(1 << operation.token), fresh: 1 };
    case "read":
      return { ...names, fresh: 0, cur: names.cur + 1 };
    case "remove-new":
      return { ...names, fresh: 0, gone: names.gone + 1 };
    case "remove-cur":
      return { ...names, cur: names.cur - 1, gone: names.gone + 1 };
  }
}

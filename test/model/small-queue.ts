/**
 * The queue's part of exactly once, as small as it can be: steps 1, 4, 7 and 8 over records in memory that never
 * lose a commit. It drives the real spool and the real Maildir delivery.
 */
import type { MessageId } from "../../src/core/ids.ts";
import { type Clock, MINUTE } from "../../src/core/time.ts";
import type { DeliveryItem, TwoStepDelivery } from "../../src/deliver/delivery.ts";
import type { Spool } from "../../src/spool/spool.ts";

/**
 * How long a claim holds. `ready` is refused after that: its moment counts as the link's, and a process that slept
 * for days between the two would pass off an old witness as a young one.
 */
const LEASE_MS = 10 * MINUTE;

export interface Letter {
  readonly name: string;
  readonly content: Buffer;
  /** Maildir paths; one entry each. */
  readonly folders: readonly string[];
}

interface Entry {
  readonly letter: Letter;
  readonly folder: string;
  readonly spoolRef: string;
  state: "queued" | "ready" | "done";
  token: number;
  ready: { readonly token: number; readonly at: number } | null;
}

export class SmallQueue {
  readonly #letters: readonly Letter[];
  readonly #clock: Clock;
  readonly #entries: Entry[] = [];
  #attempts = 0;

  constructor(letters: readonly Letter[], clock: Clock) {
    this.#letters = letters;
    this.#clock = clock;
  }

  get settled(): boolean {
    return (
      this.#letters.every((letter) => this.#entriesOf(letter).length > 0) &&
      this.#entries.every((entry) => entry.state === "done")
    );
  }

  /** One attempt at everything by one node: takes what was not accepted, then delivers all that is open. */
  async attempt(spool: Spool, delivery: TwoStepDelivery): Promise<void> {
    for (const letter of this.#letters)
      if (this.#entriesOf(letter).length === 0) await this.#accept(spool, letter);
    const claimedAt = this.#clock.now();
    const claims = this.#entries
      .filter((entry) => entry.state !== "done")
      .map((entry) => {
        entry.token++;
        return { entry, item: this.#item(spool, entry) };
      });
    await delivery.sweep(claims.map(({ item }) => item));
    const fresh = claims.filter(({ item }) => item.ready === null);
    const answers = await delivery.prepare(fresh.map(({ item }) => item));
    const lost: DeliveryItem[] = [];
    const open = claims.filter(({ item }) => item.ready !== null);
    for (const [index, { entry, item }] of fresh.entries()) {
      if (answers[index]?.kind !== "prepared") continue;
      const expired = this.#clock.now() - claimedAt > LEASE_MS;
      if (expired || entry.token !== item.leaseToken || entry.state !== "queued") {
        lost.push(item);
        continue;
      }
      entry.state = "ready";
      entry.ready = { token: item.leaseToken, at: this.#clock.now() };
      open.push({ entry, item: { ...item, ready: entry.ready } });
    }
    await delivery.abandon(lost);
    const outcomes = await delivery.commit(open.map(({ item }) => item));
    const freed: string[] = [];
    for (const [index, { entry, item }] of open.entries()) {
      if (entry.token !== item.leaseToken || entry.state !== "ready") continue;
      const outcome = outcomes[index]?.kind;
      if (outcome === "witness-lost") {
        entry.state = "queued";
        entry.ready = null;
      } else if (outcome === "delivered") {
        entry.state = "done";
        if (this.#entriesOf(entry.letter).every(({ state }) => state === "done")) freed.push(entry.spoolRef);
      }
    }
    await spool.remove(freed);
  }

  async #accept(spool: Spool, letter: Letter): Promise<void> {
    const staged = spool.stage(`${letter.name}-${++this.#attempts}` as MessageId);
    try {
      for (let at = 0; at < letter.content.length; at += 1000) {
        await staged.write(letter.content.subarray(at, at + 1000));
      }
      await staged.finish();
      await spool.syncDirectory();
    } catch {
      await staged.discard();
      return;
    }
    if (this.#entriesOf(letter).length > 0) {
      await staged.discard();
      return;
    }
    for (const folder of letter.folders) {
      this.#entries.push({ letter, folder, spoolRef: staged.ref, state: "queued", token: 0, ready: null });
    }
  }

  #entriesOf(letter: Letter): Entry[] {
    return this.#entries.filter((entry) => entry.letter === letter);
  }

  #item(spool: Spool, entry: Entry): DeliveryItem {
    const { letter, folder } = entry;
    const nobody = { localPart: "", domain: "" };
    return {
      key: `${letter.name} in ${folder}`,
      destination: `maildir:${folder}`,
      fileName: `1.R${letter.name}.test`,
      leaseToken: entry.token,
      ready: entry.ready,
      spoolPath: spool.path(entry.spoolRef),
      stagedAt: 0,
      sizeBytes: letter.content.length,
      prefixBytes: 0,
      sole: letter.folders.length === 1,
      extraFields: "",
      reversePath: null,
      recipient: nobody,
      notify: "never",
      verify: false,
    };
  }
}

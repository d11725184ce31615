/**
 * What the store and its worker thread say to each other. Failures travel as values.
 */
import type { Failure, Result } from "../core/failure.ts";
import type { SqliteStoreOptions } from "./sqlite-store.ts";
import type { VerbName } from "./verbs.ts";

/** Given to the worker at its start. */
export type WorkerStart = SqliteStoreOptions;

/** To the worker; `id` null: nobody waits for the answer. */
export interface WorkerRequest {
  readonly id: number | null;
  readonly name: VerbName | "flush" | "close";
  readonly args: readonly unknown[];
}

/** From the worker: first one of `opened` and `refused`, then the answers of each round together. */
export type WorkerReport =
  | { readonly kind: "opened"; readonly installationId: string }
  | { readonly kind: "refused"; readonly failure: Failure }
  | { readonly kind: "answers"; readonly answers: readonly WorkerAnswer[] };

export interface WorkerAnswer {
  readonly id: number;
  readonly outcome: Result<unknown>;
}

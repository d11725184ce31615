/**
 * What a contestant is: a program that is told in its own language to fetch some maildrops, and then run.
 */
import type { Command } from "../support/measure.ts";
import type { NativePrograms } from "../support/native.ts";

export type ContestantName = "rpop" | "mpop" | "fetchmail" | "getmail" | "limit-c";

/** One maildrop and where its mail goes. */
export interface BenchAccount {
  readonly login: string;
  readonly maildir: string;
  /** Unique-ids of the messages that count as fetched before, in the server's order. */
  readonly knownUids: readonly string[];
}

export interface Job {
  /** For configuration and state; empty. The accounts' Maildirs exist already, beside it. */
  readonly directory: string;
  readonly accounts: readonly BenchAccount[];
  readonly password: string;
  readonly port: number;
  /** PEM file of the CA to trust, for implicit TLS from the start; null: plain. */
  readonly caFile: string | null;
  /** Delete what was fetched. */
  readonly deletes: boolean;
  /** New messages in each maildrop. */
  readonly fresh: number;
  readonly programs: BenchPrograms;
}

/** Paths of the programs that are no part of Debian. */
export interface BenchPrograms {
  readonly native: NativePrograms;
  /** bin/rpop.js of the build that is measured. */
  readonly rpop: string;
  /** Where its polls leave their CPU profiles (V8's format); null: they leave none. */
  readonly profiles: string | null;
}

export interface Prepared {
  readonly commands: readonly Command[];
  /** Commands at the same time. */
  readonly atOnce: number;
  /** Exit codes of success. */
  readonly exits: readonly number[];
  /** Needs one unmeasured run over the known messages before its state is what it would be. */
  readonly settles?: boolean;
  /** One visit alone: what the process costs apart from the visits. */
  readonly oneVisit?: Command;
}

export interface Contestant {
  readonly name: ContestantName;
  /** The program that must be there. */
  readonly needs: string;
  /** Does not deliver as root: its Maildirs belong to nobody where the bench runs as root. */
  readonly refusesRoot?: boolean;
  /** Drops a CR that ends no line, or makes a line end of it; everything else must be as it was sent. */
  readonly changesLoneCr?: boolean;
  /** Writes configuration and the state that says what is known. Not measured. */
  prepare(job: Job): Promise<Prepared>;
}

/** Processes at the same time for a program that takes one account each. */
export const processesAtOnce = 16;
/** Connections at the same time for a program that makes many. */
export const connectionsAtOnce = 100;

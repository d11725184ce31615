/**
 * The workloads, as data. Each says what is in the maildrops, where they are, and what is aimed at.
 */
import type { ContestantName } from "./contestants/contestant.ts";
import { equal, type MailSizes, mixed } from "./support/mail-series.ts";

/**
 * `speed`: at least so many times as fast as another. `connected`: no longer connected than so many times another's whole
 * run. `cpuMsPerVisit`, `peakRssMb`: less than.
 */
export type Aim =
  | { readonly kind: "speed"; readonly than: ContestantName | "best peer"; readonly atLeast: number }
  | { readonly kind: "connected"; readonly than: ContestantName; readonly atMost: number }
  | { readonly kind: "cpuMsPerVisit"; readonly below: number }
  | { readonly kind: "peakRssMb"; readonly below: number };

export interface Workload {
  readonly id: string;
  readonly title: string;
  readonly server: "synthetic" | "dovecot";
  readonly tls: boolean;
  readonly roundTripMs: number;
  readonly accounts: number;
  /** Messages at the beginning of each maildrop that were fetched before and kept. */
  readonly known: number;
  readonly knownBytes: number;
  /** Sizes of the messages that are new in each maildrop. */
  readonly fresh: MailSizes;
  readonly deletes: boolean;
  /**
   * Contestants that would take minutes get only this part: of the accounts, or of the new messages where there is one
   * account. They do one thing after the other, so their time is multiplied, and the table says so.
   */
  readonly part?: Readonly<Partial<Record<ContestantName, number>>>;
  /** Contestants that run in the first round only. */
  readonly once?: readonly ContestantName[];
  /** Contestants that do not take part. */
  readonly without?: readonly ContestantName[];
  readonly aims: readonly Aim[];
}

const rssAim: Aim = { kind: "peakRssMb", below: 150 };

function speed(than: ContestantName | "best peer", atLeast: number): Aim {
  return { kind: "speed", than, atLeast };
}

const plainLocal = { tls: false, roundTripMs: 0 } as const;

/**
 * All of them.
 *
 * @param quick small counts, to try the bench out; its figures say nothing
 */
export function workloads(quick: boolean): readonly Workload[] {
  const many = (count: number, few: number) => (quick ? few : count);
  const said = (count: number) => count.toLocaleString("en");
  const drain = {
    ...plainLocal,
    accounts: 1,
    known: 0,
    knownBytes: 0,
    deletes: true,
    fresh: mixed(many(1000, 30)),
  } as const;
  const sweep = {
    ...plainLocal,
    accounts: many(1000, 20),
    known: many(200, 50),
    knownBytes: 300,
    fresh: [],
    deletes: false,
  } as const;
  const fromDovecot = { ...sweep, server: "dovecot", accounts: many(300, 10) } as const;
  const large = many(50_000, 2000);
  const small = equal(many(1000, 30), 3000);
  const kept = `${said(sweep.accounts)} accounts, ${sweep.known} kept, none new`;
  const keptAtDovecot = `${said(fromDovecot.accounts)} accounts, ${sweep.known} kept, none new`;
  const tenth = quick ? 0.2 : 0.1;
  const slowSweep = { part: { getmail: tenth }, once: ["getmail"] } as const;
  const slow = ["getmail", "fetchmail"] as const;
  const one = { ...drain, server: "synthetic", once: slow } as const;
  return [
    {
      ...drain,
      id: "P1",
      title: `Drain: ${said(drain.fresh.length)} mixed messages of 1 KB to 5 MB, deleted`,
      server: "synthetic",
      once: slow,
      aims: [speed("mpop", 1.3), speed("limit-c", 0.75), speed("getmail", 15), speed("fetchmail", 6), rssAim],
    },
    {
      ...drain,
      id: "P2",
      title: "Drain from Dovecot: the same messages",
      server: "dovecot",
      once: slow,
      aims: [speed("mpop", 1.15), speed("limit-c", 0.7), speed("getmail", 9), rssAim],
    },
    {
      ...drain,
      id: "P3",
      title: `Drain at a round trip of 50 ms: ${said(small.length)} messages of 3 KB, deleted`,
      server: "synthetic",
      roundTripMs: 50,
      fresh: small,
      part: { getmail: 0.2, fetchmail: 0.2 },
      once: slow,
      aims: [
        speed("fetchmail", 100),
        speed("getmail", 75),
        speed("mpop", 2.2),
        speed("limit-c", 0.7),
        rssAim,
      ],
    },
    {
      ...sweep,
      id: "P4",
      title: `Poll sweep at a round trip of 50 ms: ${kept}`,
      server: "synthetic",
      roundTripMs: 50,
      part: { getmail: tenth, fetchmail: tenth },
      once: slow,
      aims: [speed("best peer", 11), speed("limit-c", 0.65), rssAim],
    },
    {
      ...sweep,
      ...slowSweep,
      id: "P5 plain",
      title: `Poll sweep: ${kept}`,
      server: "synthetic",
      aims: [speed("best peer", 2.5), { kind: "cpuMsPerVisit", below: 0.8 }, rssAim],
    },
    {
      ...sweep,
      ...slowSweep,
      id: "P5 TLS",
      title: `Poll sweep over TLS 1.3: ${kept}`,
      server: "synthetic",
      tls: true,
      aims: [speed("best peer", 2), { kind: "cpuMsPerVisit", below: 1.6 }, rssAim],
    },
    {
      ...fromDovecot,
      ...slowSweep,
      id: "P5 Dovecot plain",
      title: `Poll sweep from Dovecot: ${keptAtDovecot}`,
      aims: [speed("best peer", 2.5), { kind: "cpuMsPerVisit", below: 0.8 }, rssAim],
    },
    {
      ...fromDovecot,
      ...slowSweep,
      id: "P5 Dovecot TLS",
      title: `Poll sweep from Dovecot over TLS 1.3: ${keptAtDovecot}`,
      tls: true,
      aims: [speed("best peer", 2), { kind: "cpuMsPerVisit", below: 1.6 }, rssAim],
    },
    {
      ...sweep,
      ...slowSweep,
      id: "P6",
      title: `2 new of ${sweep.known + 2} in each of ${said(sweep.accounts)} accounts, kept`,
      server: "synthetic",
      fresh: equal(2, 3000),
      aims: [speed("mpop", 1.8), rssAim],
    },
    {
      ...plainLocal,
      id: "P7",
      title: `${said(large)} kept and 10 new in one maildrop, kept`,
      server: "synthetic",
      accounts: 1,
      known: large,
      knownBytes: 300,
      fresh: equal(10, 3000),
      deletes: false,
      once: ["getmail"],
      aims: [
        { kind: "connected", than: "mpop", atMost: 1.3 },
        speed("mpop", 1 / 3),
        speed("fetchmail", 1),
        rssAim,
      ],
    },
    {
      ...one,
      id: "P8 50 MB",
      title: `One message of ${many(50, 10)} MB, deleted`,
      fresh: [many(50, 10) * 1_000_000],
      aims: [speed("mpop", 0.8), rssAim],
    },
    {
      ...one,
      id: "P8 300 MB",
      title: `One message of ${many(300, 20)} MB, deleted`,
      fresh: [many(300, 20) * 1_000_000],
      // It would hold gigabytes.
      without: ["getmail"],
      aims: [rssAim],
    },
  ];
}

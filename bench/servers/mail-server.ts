/**
 * What a workload needs of a server, whichever it is.
 */

/** What happened since `begin`. */
export interface ServerCounts {
  readonly retrieved: number;
  readonly deleted: number;
  /** From the first connection to the end of the last one; null: the server cannot tell. */
  readonly spanMs: number | null;
}

export interface MailServer extends AsyncDisposable {
  readonly plainPort: number;
  readonly tlsPort: number;
  readonly caFile: string;
  readonly password: string;
  /**
   * Makes whole maildrops for a run and counts from zero.
   *
   * @param run name of the run, unique: a server that keeps deleted mail in mind gets other logins for each
   * @param count messages at the beginning of the series that are there; all unless said
   * @returns logins, as many as wanted
   */
  begin(run: string, accounts: number, count?: number): Promise<readonly string[]>;
  /** What the run did, once all its sessions are over. */
  counts(): Promise<ServerCounts>;
}

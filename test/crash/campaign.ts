/**
 * A campaign against one configuration: rounds of mail, strikes and restarts, until every row of the states table
 * was struck often enough.
 *
 * A round: mail arrives; polls are struck, one after another, each restart a new chance for a strike (recovery may be
 * killed anywhere, too); then polls in peace until one ends with 0; then the reckoning: everybody has every message
 * once and whole, and nothing is left over. Between kill and restart the readers do as they please.
 */
import { applyFile } from "../support/rpop.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { type Configuration, installationFile } from "./configurations.ts";
import { type Mail, mailOfRound } from "./mail.ts";
import { lookAround, type Place, type Row, rowOf, rowsOf, type Standing } from "./places.ts";
import { type Complaint, leftovers, Readers } from "./reader.ts";
import { type Remote, startRemote } from "./remote.ts";
import { type SeededRandom, seededRandom } from "./seeded-random.ts";
import { chooseStrike, type Strike, type StrikeMode, strikeText } from "./strikes.ts";
import { type StrikingProxy, startStrikingProxy } from "./striking-proxy.ts";
import { poll } from "./struck-process.ts";

export interface CampaignOptions {
  readonly seed: number;
  /** Each row is struck so often. */
  readonly hits: number;
  /** No more kills than this, whatever was hit. */
  readonly kills: number;
  readonly modes: readonly StrikeMode[];
}

export interface CampaignReport {
  readonly configuration: Configuration;
  readonly kills: number;
  readonly rounds: number;
  readonly messages: number;
  /** How many kills found a message there. */
  readonly rowHits: ReadonlyMap<Row, number>;
  readonly placeHits: ReadonlyMap<Place, number>;
  /** What was lost, doubled, torn or left over, with the strikes that came before. */
  readonly complaints: readonly Complaint[];
}

const messagesPerRound = 40;
/** One poll drains what is there; a second one is needed where the first met what the kill left locked. */
const pollsToDrain = 3;
/** Strikes that find nothing more to hit would go on for ever. */
const idleStrikesInRow = 25;

/** @throws when the program hangs, or does not come to exit code 0 in peace. */
export async function runCampaign(
  configuration: Configuration,
  options: CampaignOptions,
): Promise<CampaignReport> {
  await using remote = await startRemote(configuration);
  await using proxy = await startStrikingProxy(remote.port);
  await using data = await temporaryDirectory("crash");
  await applyFile(data.path, installationFile(configuration, proxy.port));
  // Awaited here: what is used must not be disposed of before.
  return await new Campaign(configuration, options, data.path, remote, proxy).run();
}

class Campaign {
  readonly #configuration: Configuration;
  readonly #options: CampaignOptions;
  readonly #dataDir: string;
  readonly #remote: Remote;
  readonly #proxy: StrikingProxy;
  readonly #random: SeededRandom;
  readonly #readers: Readers;
  readonly #rowHits = new Map<Row, number>();
  readonly #placeHits = new Map<Place, number>();
  readonly #complaints: Complaint[] = [];
  readonly #whatReadersDo = [
    () => this.#readers.takeAll(),
    () => this.#readers.seeAll(),
    () => Promise.resolve(),
  ];
  #kills = 0;
  #rounds = 0;
  #contents = 0;
  #messages = 0;
  #idle = 0;
  #last: Standing = new Map();
  #pollMs = 400;

  constructor(
    configuration: Configuration,
    options: CampaignOptions,
    dataDir: string,
    remote: Remote,
    proxy: StrikingProxy,
  ) {
    this.#configuration = configuration;
    this.#options = options;
    this.#dataDir = dataDir;
    this.#remote = remote;
    this.#proxy = proxy;
    this.#random = seededRandom(options.seed);
    this.#readers = new Readers(dataDir, configuration.recipients);
  }

  async run(): Promise<CampaignReport> {
    while (this.#wanted() !== null && this.#complaints.length === 0) await this.#round();
    return {
      configuration: this.#configuration,
      kills: this.#kills,
      rounds: this.#rounds,
      messages: this.#messages,
      rowHits: this.#rowHits,
      placeHits: this.#placeHits,
      complaints: this.#complaints,
    };
  }

  /** The row that was hit least; null: all were hit enough, or there were kills enough. */
  #wanted(): Row | null {
    const { hits, kills } = this.#options;
    if (this.#kills >= kills || this.#idle >= idleStrikesInRow) return null;
    const counts = rowsOf(this.#configuration).map((row) => ({ row, count: this.#rowHits.get(row) ?? 0 }));
    const fewest = Math.min(...counts.map(({ count }) => count));
    if (fewest >= hits) return null;
    return this.#random.oneOf(counts.filter(({ count }) => count === fewest)).row;
  }

  async #round(): Promise<void> {
    this.#rounds++;
    const mails = mailOfRound(this.#configuration, this.#contents, messagesPerRound, this.#random);
    this.#contents += messagesPerRound;
    this.#messages += mails.length;
    await this.#remote.add(mails);
    this.#last = new Map([["S0", mails.length]]);
    const strikes: string[] = [];
    const wish = this.#random.between(2, 5);
    while (strikes.length < wish) {
      const wanted = this.#wanted();
      if (wanted === null) break;
      if (this.#needsNewMail(wanted)) break;
      const strike = chooseStrike(this.#random, this.#options.modes, wanted, {
        configuration: this.#configuration,
        dataDir: this.#dataDir,
        messages: this.#remote.standing().filter((mail) => mails.includes(mail)).length,
        bytes: mails.reduce((sum, mail) => sum + mail.bytes.length, 0),
        pollMs: this.#pollMs,
      });
      const end = await this.#strike(strike, mails);
      if (end !== null && this.#isDrained(end)) return this.#reckon(mails, strikes);
      if (end !== null) break;
      strikes.push(strikeText(strike));
    }
    await this.#drain();
    await this.#reckon(mails, strikes);
  }

  /** Whether the row is reached only with mail that has not come that far yet. */
  #needsNewMail(row: Row): boolean {
    const untaken = this.#last.has("S0") || this.#last.has("S1") || this.#last.has("S2");
    if (["S0", "S1", "S2"].includes(row)) return !untaken;
    // The end of a delivery is hit best where nothing has to be cleared up before.
    if (row === "S8") return this.#last.size > 1 || !untaken;
    if (this.#configuration.leaveOnServer || !["S3", "S4", "S5", "S6"].includes(row)) return false;
    return !untaken && !this.#last.has("S3") && !this.#last.has("S4") && !this.#last.has("S5 kept");
  }

  /** @returns null: it struck; else the exit code of a poll that came to its end before. */
  async #strike(strike: Strike, mails: readonly Mail[]): Promise<number | null> {
    const before = this.#remote.standing();
    const { code } = await poll(this.#dataDir, this.#proxy, strike);
    await this.#proxy.quiet();
    if (code !== null) {
      this.#idle++;
      return code;
    }
    this.#idle = 0;
    this.#kills++;
    const session = this.#proxy.sessions.at(-1);
    const standing = await lookAround({
      dataDir: this.#dataDir,
      configuration: this.#configuration,
      mails,
      before,
      now: this.#remote.standing(),
      session,
    });
    // A process that died before it listed leaves the mail where it was.
    if (session?.listed === true) this.#last = standing;
    for (const row of new Set([...standing.keys()].map(rowOf))) raise(this.#rowHits, row);
    for (const place of standing.keys()) raise(this.#placeHits, place);
    await this.#random.oneOf(this.#whatReadersDo)();
    return null;
  }

  #isDrained(code: number | null): boolean {
    return code === 0 && (this.#configuration.leaveOnServer || this.#remote.standing().length === 0);
  }

  async #drain(): Promise<void> {
    for (let polls = 1; ; polls++) {
      const { code, said, connectedMs } = await poll(this.#dataDir, this.#proxy, null);
      await this.#proxy.quiet();
      if (connectedMs !== null) this.#pollMs = connectedMs;
      if (this.#isDrained(code)) return;
      if (polls === pollsToDrain && code === 0) return;
      if (polls === pollsToDrain) throw new Error(`a poll in peace ended with ${String(code)}:\n${said}`);
    }
  }

  async #reckon(mails: readonly Mail[], strikes: readonly string[]): Promise<void> {
    const { recipients, leaveOnServer } = this.#configuration;
    await this.#readers.takeAll();
    const digests = new Set(mails.map((mail) => mail.digest));
    const complaints = [
      ...this.#readers.reckon({ digests, recipients }),
      ...(await leftovers(this.#dataDir, recipients)),
    ];
    const there = new Set(this.#remote.standing());
    const kept = mails.filter((mail) => there.has(mail)).length;
    if (leaveOnServer && kept < mails.length)
      complaints.push(`${mails.length - kept} are gone from the server`);
    if (!leaveOnServer && kept > 0) complaints.push(`${kept} are still on the server`);
    if (complaints.length === 0) return;
    this.#complaints.push(
      ...complaints,
      `  in round ${this.#rounds} of ${this.#configuration.name}, seed ${this.#options.seed}, struck:`,
      ...strikes.map((text) => `  ${text}`),
    );
  }
}

function raise<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

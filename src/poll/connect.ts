/**
 * From a remote account's record to its maildrop, opened and listed: source address, guard, trust, login policy.
 *
 * Effects are handed in. What goes wrong comes back as the failure that pop3 made, or as ours about files and
 * secrets; nothing here marks or retries.
 */

import type { Result } from "../core/failure.ts";
import { FailureError, failure } from "../core/failure.ts";
import type { LocalAccountId } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import { parseCapabilities } from "../pop3/capabilities.ts";
import { Pop3Client } from "../pop3/client.ts";
import type { ConnectOptions } from "../pop3/dial.ts";
import { Pop3CommandError } from "../pop3/errors.ts";
import type { LoginMethod, LoginPolicy } from "../pop3/login.ts";
import type { HostLookup } from "../pop3/lookup.ts";
import type { MaildropStat, UidListing } from "../pop3/maildrop.ts";
import type { Credentials } from "../pop3/sign-in.ts";
import type { SecureContextCache, TlsSessionCache, TlsTrust } from "../pop3/tls.ts";
import type { Transcript } from "../pop3/transcript.ts";
import type { Settings } from "../settings/definitions.ts";
import type { HostRecord, RemoteAccountRecord } from "../store/records.ts";
import { refuseAddress } from "./self-poll.ts";
import { sourceAddresses } from "./source-address.ts";

/** What reaching a remote account takes from outside. */
export interface ConnectContext {
  readonly clock: Clock;
  settings(): Settings;
  /** The account's password, as bytes; where `auth` asks for an OAuth method, its access token. */
  password(account: RemoteAccountRecord): Promise<Result<Uint8Array>>;
  /** A certificate file of an account (`caFile`), as PEM text. */
  readCaFile(path: string): Promise<string>;
  /** Addresses of this machine's interfaces, as they are now. */
  interfaceAddresses(): readonly string[];
  /** Of a local account, as the log names it; its id where there is none any more. */
  ownerAddress(owner: LocalAccountId): string;
  /** Addresses assigned to the domain of a local account, in their order (seed 15). */
  domainAddresses(owner: LocalAccountId): readonly string[];
  readonly lookup?: HostLookup;
  readonly tlsSessions: TlsSessionCache;
  readonly secureContexts: SecureContextCache;
  /** The dialogue of a visit, for whoever keeps a log of it; undefined: nobody wants this one. */
  transcript?(account: RemoteAccountRecord): Transcript | undefined;
}

/** A session after a login that succeeded, with the maildrop's listing. */
export interface OpenMaildrop {
  readonly client: Pop3Client;
  /** How the login went. */
  readonly method: LoginMethod;
  /** What the host offers, to be remembered; null: it has no CAPA. */
  readonly capabilities: readonly string[] | null;
  readonly stat: MaildropStat;
  /** null: the server has no UIDL. */
  readonly uidl: UidListing | null;
}

/**
 * Connects, logs in, and lists: STAT and UIDL.
 *
 * @param host what is known of the host from before; its capabilities save questions and round trips
 * @throws Pop3CommandError, Pop3ProtocolError or FailureError, each with its failure; the connection is closed.
 */
export async function openMaildrop(
  context: ConnectContext,
  account: RemoteAccountRecord,
  host: HostRecord,
  signal: AbortSignal,
): Promise<OpenMaildrop> {
  const password = await context.password(account);
  if (!password.ok) throw new FailureError(password.failure);
  const pipelining = host.noPipeliningUntil === null || host.noPipeliningUntil <= context.clock.now();
  const client = await Pop3Client.connect({
    ...(await connectOptions(context, account, signal)),
    pipelining,
  });
  try {
    const lines = host.capabilities[account.tls];
    const known = lines === undefined ? undefined : parseCapabilities(lines);
    const policy = loginPolicy(account, context.settings());
    const credentials = credentialsOf(account, password.value, policy);
    const { method, stat, uidl } = await client.loginAndList(credentials, policy, known);
    if (uidl instanceof Pop3CommandError && uidl.failure.code !== "no-uidl") throw uidl;
    return {
      client,
      method,
      capabilities: known?.lines ?? (await offeredLines(client)),
      stat,
      uidl: uidl instanceof Pop3CommandError ? null : uidl,
    };
  } catch (error) {
    client.destroy();
    throw error;
  }
}

/**
 * What the host offers before login, and, where that holds no pipelining, what it adds afterwards: some say more
 * once they know who asks (Gmail). What stood before login is kept: afterwards no SASL mechanism is listed.
 */
async function offeredLines(client: Pop3Client): Promise<readonly string[] | null> {
  const before = client.capabilities;
  if (before?.pipelining) return before.lines;
  const after = await client.capa();
  if (after === null) return before?.lines ?? null;
  const lines = before?.lines ?? [];
  return [...lines, ...after.lines.filter((line) => !lines.includes(line))];
}

async function connectOptions(
  context: ConnectContext,
  account: RemoteAccountRecord,
  signal: AbortSignal,
): Promise<ConnectOptions> {
  const settings = context.settings();
  const source = sourceAddresses({
    account: account.extras.sourceAddress ?? null,
    domain:
      settings.useDomainIpAddresses && account.ownerId !== null
        ? context.domainAddresses(account.ownerId)
        : null,
    defaultAddress: settings.defaultIpAddress,
  });
  const transcript = context.transcript?.(account);
  const policy = {
    allowSelfPoll: settings.allowSelfPoll,
    allowPrivateHosts: settings.allowPrivateHosts,
    ownAddresses: [...settings.ownAddresses, ...context.interfaceAddresses()],
    setByAdministrator: account.serverSetBy !== "user",
  };
  return {
    endpoint: { host: account.host, port: account.port, tls: account.tls },
    trust: await trustOf(context, account),
    clock: context.clock,
    signal,
    timeouts: settings.timeouts,
    minimumRate: settings.minimumRate,
    guard: (address) => refuseAddress(address, account.host, policy),
    tlsSessions: context.tlsSessions,
    secureContexts: context.secureContexts,
    ...(source === null ? {} : { source }),
    ...(context.lookup === undefined ? {} : { lookup: context.lookup }),
    ...(transcript === undefined ? {} : { transcript }),
  };
}

async function trustOf(context: ConnectContext, account: RemoteAccountRecord): Promise<TlsTrust> {
  const { extras } = account;
  return {
    verify: extras.tlsVerify ?? true,
    ...(extras.tlsServerName === undefined ? {} : { serverName: extras.tlsServerName }),
    ...(extras.tlsFingerprint === undefined ? {} : { fingerprint: extras.tlsFingerprint }),
    ...(extras.tlsMinVersion === undefined ? {} : { minVersion: extras.tlsMinVersion }),
    ...(extras.caFile === undefined ? {} : { ca: await readCaFile(context, extras.caFile) }),
  };
}

async function readCaFile(context: ConnectContext, path: string): Promise<string> {
  try {
    return await context.readCaFile(path);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new FailureError(failure("secret-unreadable", "account", { params: { source: path, detail } }));
  }
}

/** A token is the account's secret like a password, and is told from one by the method it is for. */
function credentialsOf(account: RemoteAccountRecord, secret: Uint8Array, policy: LoginPolicy): Credentials {
  const user = Buffer.from(account.login, "latin1");
  const isToken = policy.auth === "xoauth2" || policy.auth === "oauthbearer";
  return isToken ? { user, token: secret } : { user, password: secret };
}

function loginPolicy(account: RemoteAccountRecord, settings: Settings): LoginPolicy {
  return {
    auth: (account.extras.auth ?? "auto") as LoginPolicy["auth"],
    apop: account.apop && settings.useApop,
    allowPlain: account.extras.allowPlain ?? false,
  };
}

/**
 * One provider with one maildrop, and one installation that visits it: real sockets, a real store, real Maildirs; the
 * hour is the test's.
 */
import { MemoryMaildrop, storedMessage } from "../../src/demo/maildrop.ts";
import { type Provider, startProvider } from "../../src/demo/provider.ts";
import { type Installation, startInstallation } from "./installation.ts";
import { ManualClock } from "./manual-clock.ts";

export interface World extends AsyncDisposable {
  readonly rpop: Installation;
  readonly provider: Provider;
  readonly maildrop: MemoryMaildrop;
  readonly clock: ManualClock;
}

/** One provider with one maildrop, one installation that visits it. */
export async function world(options: {
  leaveOnServer: boolean;
  uidl?: boolean;
  top?: boolean;
  account?: object;
  settings?: object;
}): Promise<World> {
  const clock = new ManualClock();
  const maildrop = new MemoryMaildrop();
  const provider = await startProvider({
    accounts: (login) => (login === "alice" ? { password: "secret", maildrop } : undefined),
    uidl: options.uidl ?? true,
    top: options.top ?? true,
  });
  const rpop = await startInstallation(realTimers(clock));
  await rpop.apply({
    settings: { allowSelfPoll: true, minFreeSpace: "1MB", ...options.settings },
    domains: [
      {
        name: "example.com",
        main: true,
        accounts: [
          {
            name: "alice",
            remoteAccounts: [
              {
                account: "alice",
                server: `127.0.0.1:${provider.port}`,
                password: "secret",
                tls: "off",
                leaveOnServer: options.leaveOnServer,
                ...options.account,
              },
            ],
          },
        ],
      },
    ],
  });
  const visitNow = rpop.visit;
  // Time passes between visits, as file names show.
  rpop.visit = () => {
    clock.advance(1000);
    return visitNow();
  };
  return {
    rpop,
    provider,
    maildrop,
    clock,
    async [Symbol.asyncDispose]() {
      await provider.stop();
      await rpop[Symbol.asyncDispose]();
    },
  };
}

/** The hour is the test's; timers run by themselves, so that nothing waits for the test. */
function realTimers(clock: ManualClock) {
  return {
    now: () => clock.now(),
    monotonic: () => performance.now(),
    setTimer(delayMs: number, run: () => void) {
      const timer = setTimeout(run, Math.min(delayMs, 2 ** 31 - 1));
      return () => clearTimeout(timer);
    },
  };
}

/** A message whose bytes differ from all others by its subject. */
export function message(uid: string, subject = uid, body = "text") {
  return storedMessage(
    uid,
    Buffer.from(
      `From: a@far.example\nTo: alice@example.com\nSubject: ${subject}\nMessage-ID: <${subject}@far.example>\n\n${body}\n`,
    ),
  );
}

export const retrieved = (provider: Provider) => provider.commands.get("RETR") ?? 0;

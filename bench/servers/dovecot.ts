/**
 * Debian's Dovecot, as the tests start it, with room for as many sessions as the bench opens at once, and with processes
 * that serve many sessions each: a process for each login would cost more than all that is to be measured.
 */
import { startDovecot } from "../../test/support/dovecot.ts";
import type { MailSeries } from "../support/mail-series.ts";
import type { MailServer } from "./mail-server.ts";

const password = "bench";
const manySessions = `
service pop3-login {
  service_count = 0
  process_min_avail = 2
  process_limit = 1024
}
service pop3 {
  service_count = 10000
  process_limit = 1024
}
service anvil {
  client_limit = 4096
}
service auth {
  client_limit = 4096
}
`;

/**
 * @param runs names of the runs that will delete; each gets maildrops of its own. None: nothing is deleted, and all runs
 *   visit the same maildrops.
 */
export async function startDovecotServer(
  series: MailSeries,
  accounts: number,
  runs: readonly string[],
): Promise<MailServer> {
  const loginsOf = (run: string) => Array.from({ length: accounts }, (_, index) => `${run}-${index}`);
  const shared = runs.length === 0;
  const logins = shared ? loginsOf("u") : runs.flatMap(loginsOf);
  const dovecot = await startDovecot({
    users: logins.map((login) => ({ login, password })),
    extraConfig: manySessions,
  });
  function* messages(): Generator<Buffer> {
    for (let index = 0; index < series.sizes.length; index++) yield series.message(index);
  }
  if (shared) for (const login of logins) await dovecot.addMail(login, messages());
  let sessionsBefore = 0;
  return {
    plainPort: dovecot.pop3Port,
    tlsPort: dovecot.pop3sPort,
    caFile: dovecot.certificates.caFile,
    password,
    async begin(run) {
      const ours = loginsOf(shared ? "u" : run);
      if (!shared) for (const login of ours) await dovecot.addMail(login, messages());
      await quiet(() => dovecot.sessions.length);
      sessionsBefore = dovecot.sessions.length;
      return ours;
    },
    async counts() {
      await quiet(() => dovecot.sessions.length);
      const sessions = dovecot.sessions.slice(sessionsBefore);
      const sum = (of: "retrieved" | "topped" | "deleted") =>
        sessions.reduce((total, one) => total + one[of], 0);
      // fetchmail retrieves with TOP.
      return { retrieved: sum("retrieved") + sum("topped"), deleted: sum("deleted"), spanMs: null };
    },
    [Symbol.asyncDispose]: () => dovecot.stop(),
  };
}

/** Waits until a count has not grown for half a second: Dovecot tells of a session a moment after its end. */
async function quiet(count: () => number): Promise<void> {
  for (let before = -1; before !== count(); ) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** The file that the demo applies: one domain with three people, their mailboxes at the sample provider. */
import { sampleDomain, sampleMailboxes } from "./sample-mail.ts";

/** The value that the YAML stands for. @param port of the sample provider on 127.0.0.1 */
export function demoFile(port: number): object {
  const remote = (login: string, more: object) => ({
    account: login,
    server: `127.0.0.1:${port}`,
    password: sampleMailboxes.find((mailbox) => mailbox.login === login)?.password,
    tls: "off",
    pollEvery: "5m",
    ...more,
  });
  return {
    // The provider is on this very machine, which RPOP refuses unless told.
    settings: { allowSelfPoll: true, allowPrivateHosts: true },
    domains: [
      {
        name: sampleDomain,
        main: true,
        accounts: [
          { name: "alice", aliases: ["sales"], remoteAccounts: [remote("alice", { leaveOnServer: true })] },
          { name: "kenji", remoteAccounts: [remote("kenji@inbox.example", { apop: true })] },
          { name: "yuki" },
        ],
      },
    ],
    unifiedAccounts: [remote(sampleDomain, { specialHeader: "X-Real-To" })],
  };
}

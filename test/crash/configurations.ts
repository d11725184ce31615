/** The installations that are struck, one line each, and the file that sets each of them up. */

export interface Configuration {
  readonly name: string;
  readonly kind: "personal" | "unified";
  readonly leaveOnServer: boolean;
  /** Local names at example.com; each gets every message. */
  readonly recipients: readonly string[];
  readonly mergeCopies: boolean;
  /** Some contents come three times, as providers store one copy for each recipient. */
  readonly copies: boolean;
  readonly uidl: boolean;
  readonly server: "sample" | "dovecot";
}

const usual = {
  kind: "unified",
  leaveOnServer: false,
  recipients: ["ann"],
  mergeCopies: false,
  copies: false,
  uidl: true,
  server: "sample",
} as const satisfies Partial<Configuration>;
const three = ["ann", "bob", "cid"];

export const configurations: readonly Configuration[] = [
  { ...usual, name: "personal", kind: "personal" },
  { ...usual, name: "personal-left", kind: "personal", leaveOnServer: true },
  { ...usual, name: "unified-one" },
  { ...usual, name: "unified-one-left", leaveOnServer: true },
  { ...usual, name: "unified-three", recipients: three },
  { ...usual, name: "unified-three-left", recipients: three, leaveOnServer: true },
  { ...usual, name: "unified-merged", recipients: three, mergeCopies: true, copies: true },
  { ...usual, name: "without-uidl", uidl: false },
  { ...usual, name: "dovecot", kind: "personal", server: "dovecot" },
];

export const crashLogin = "crash";
export const crashPassword = "s3cret";

/** The value that `rpop apply` is given; the server stands at `port` of this machine. */
export function installationFile(configuration: Configuration, port: number): object {
  const { kind, leaveOnServer, mergeCopies, recipients } = configuration;
  const remoteAccount = {
    account: crashLogin,
    server: `127.0.0.1:${port}`,
    password: crashPassword,
    tls: "off",
    leaveOnServer,
  };
  return {
    settings: { allowSelfPoll: true, allowPrivateHosts: true },
    domains: [
      {
        name: "example.com",
        main: true,
        accounts: recipients.map((name) => ({
          name,
          ...(kind === "personal" ? { remoteAccounts: [remoteAccount] } : {}),
        })),
      },
    ],
    ...(kind === "unified"
      ? { unifiedAccounts: [{ ...remoteAccount, specialHeader: "X-Real-To", mergeCopies }] }
      : {}),
  };
}

/**
 * The shape of a configuration file (spec 9, "What others script against"). Unknown keys are refused.
 *
 * A key that is left out means *as it is*; null means *the default*. What must be there for a new record is
 * checked later, when it is known which records are new.
 */
import { z } from "zod";
import { loginMethods } from "../../pop3/login.ts";
import { settingsSchema } from "../../settings/schema.ts";
import * as leaves from "./leaves.ts";

function leaf<T>(read: (given: unknown) => leaves.Leaf<T>) {
  return z
    .unknown()
    .transform((given, context): T | null => {
      if (given === null) return null;
      const reading = read(given);
      if (reading.ok) return reading.value;
      for (const problem of reading.problems) {
        context.issues.push({
          code: "custom",
          input: given,
          path: [...problem.path],
          params: { code: problem.code, ...problem.params },
        });
      }
      return z.NEVER;
    })
    .optional();
}

function listOf<Item extends z.ZodType>(item: Item) {
  return z.array(item).nullish();
}

/** Each element of a list must be there: null is no name. */
function item<T>(read: (given: unknown) => leaves.Leaf<T>) {
  return z.unknown().transform((given, context): T => {
    const reading = read(given);
    if (reading.ok) return reading.value;
    for (const problem of reading.problems) {
      context.issues.push({
        code: "custom",
        input: given,
        path: [],
        params: { code: problem.code, ...problem.params },
      });
    }
    return z.NEVER;
  });
}

export const remoteAccountSchema = z.strictObject({
  id: leaf(leaves.recordId),
  pollEvery: leaf(leaves.interval),
  account: leaf(leaves.login),
  server: leaf(leaves.line),
  password: leaf(leaves.password),
  passwordFile: leaf(leaves.absolutePath),
  passwordEnv: leaf(leaves.line),
  passwordCommand: leaf(leaves.line),
  leaveOnServer: leaf(leaves.flag),
  apop: leaf(leaves.flag),
  tls: leaf(leaves.choice(["off", "implicit", "starttls"])),
  specialHeader: leaf(leaves.fieldName),
  specialHeaderPrefix: leaf(leaves.line),
  relaySpecialHeader: leaf(leaves.flag),
  mergeCopies: leaf(leaves.flag),
  maxMessageSize: leaf(leaves.size),
  newestFirst: leaf(leaves.flag),
  sourceAddress: leaf(leaves.ipAddress),
  auth: leaf(leaves.choice(["auto", ...loginMethods])),
  allowPlain: leaf(leaves.flag),
  tlsVerify: leaf(leaves.flag),
  tlsServerName: leaf(leaves.domainName),
  tlsFingerprint: leaf(leaves.fingerprint),
  tlsMinVersion: leaf(leaves.choice(["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"])),
  caFile: leaf(leaves.absolutePath),
  folder: leaf(leaves.line),
  firstVisit: leaf(leaves.firstVisit),
  deleteAfter: leaf(leaves.keepingTime),
  note: leaf(leaves.text),
});

const account = z.strictObject({
  name: leaf(leaves.accountName),
  aliases: listOf(item(leaves.accountName)),
  destination: leaf(leaves.destination),
  rules: leaf(leaves.text),
  language: leaf(leaves.choice(["en", "ja"])),
  mayUseRemoteAccounts: leaf(leaves.flag),
  remoteAccounts: listOf(remoteAccountSchema),
});

const domain = z.strictObject({
  name: leaf(leaves.domainName),
  main: leaf(leaves.flag),
  aliases: listOf(item(leaves.domainName)),
  ipAddresses: listOf(item(leaves.ipAddress)),
  catchAll: leaf(leaves.accountName),
  domainWideAccount: leaf(leaves.accountName),
  routes: listOf(z.strictObject({ address: leaf(leaves.line), to: leaf(leaves.routeTarget) })),
  accounts: listOf(account),
});

export const fileSchema = z.strictObject({
  settings: settingsSchema.nullish(),
  domains: listOf(domain),
  rules: leaf(leaves.text),
  unifiedAccounts: listOf(remoteAccountSchema),
});

export type ConfigurationFile = z.output<typeof fileSchema>;
export type FileDomain = z.output<typeof domain>;
export type FileAccount = z.output<typeof account>;
export type FileRemoteAccount = z.output<typeof remoteAccountSchema>;

/** Keys that the specification names and this version does not have: said so, instead of "unknown". */
export const laterKeys: ReadonlySet<string> = new Set(["oauth"]);

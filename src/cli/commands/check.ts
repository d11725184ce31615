/**
 * `rpop check`: would a visit work? Mail is not touched (spec 5.2, 9).
 */
import { isForGood } from "../../core/failure.ts";
import { peopleText } from "../../manage/wire-text.ts";
import type { CheckResult } from "../../poll/check.ts";
import type { CertificateFacts } from "../../pop3/tls-facts.ts";
import type { RemoteAccountRecord } from "../../store/records.ts";
import type { Words } from "../../words/words.ts";
import type { Cli } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { namedAccounts, namesOrAll, ownersOf } from "../names.ts";
import { escapeText } from "../render/escape.ts";
import { failureJson, failureText } from "../render/failure.ts";
import { accountJson } from "../render/poll-report.ts";
import { bytesText, isoTime } from "../render/quantities.ts";

export function checkCommand(cli: Cli) {
  const { check, poll } = cli.words.help;
  return cli
    .command("check", check)
    .argument("[NAME...]", poll.names)
    .option("--all", poll.all)
    .action((names, options) =>
      cli.run(async (session) => {
        const { words, output, json } = session;
        const accounts = await namedAccounts(session, namesOrAll(session, names, options.all, "check"));
        const { check: checkAccounts } = await import("../../manage/check.ts");
        const { connect, manage } = await session.app();
        const results = await checkAccounts(
          { ...connect, store: manage.store, actor: manage.actor },
          accounts,
          session.signal,
        );
        const checked = accounts.flatMap((account, index) => {
          const result = results[index];
          return result ? [{ account, result }] : [];
        });
        if (json) {
          const owners = await ownersOf(session);
          output.json(checked.map(({ account, result }) => checkJson(words, account, result, owners)));
        } else {
          for (const { account, result } of checked) {
            if (result.ok) output.line(checkText(words, account, result));
            else output.error(`${nameOf(account)}: ${failureText(words, result.failure)}`);
          }
          output.line(words.cli.check.unchanged());
        }
        return checkExitCode(results);
      }),
    );
}

function checkExitCode(results: readonly CheckResult[]): number {
  const failures = results.flatMap((result) => (result.ok ? [] : [result.failure]));
  if (failures.some((failure) => !isForGood(failure))) return exitCodes.temporary;
  return failures.length > 0 ? exitCodes.failed : exitCodes.ok;
}

function checkText(
  words: Words,
  account: RemoteAccountRecord,
  result: Extract<CheckResult, { ok: true }>,
): string {
  const { check } = words.cli;
  const found = [
    check.count(result.messages, bytesText(result.octets)),
    result.uidl ? check.uidl() : check.noUidl(),
    connectionText(words, result),
  ];
  return `${nameOf(account)}: ${check.good()}\n  ${found.join("\n  ")}`;
}

/** Method, encryption and certificate in one line; what the server wrote into its certificate is escaped. */
function connectionText(words: Words, { method, tls }: Extract<CheckResult, { ok: true }>): string {
  const { check } = words.cli;
  const parts = [check.method(method.toUpperCase()), tls ? check.encrypted(tls.protocol) : check.plain()];
  if (tls?.certificate) {
    const { subject, issuer, validToAt, sha256 } = tls.certificate;
    const day = isoTime(validToAt)?.slice(0, 10) ?? "-";
    parts.push(check.certificate(escapeText(subject), escapeText(issuer), day, sha256));
  }
  return parts.join("; ");
}

function checkJson(
  words: Words,
  account: RemoteAccountRecord,
  result: CheckResult,
  owners: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const shared = { account: accountJson(account, owners), ok: result.ok };
  if (!result.ok) return { ...shared, failure: failureJson(words, result.failure) };
  const { messages, octets, uidl, method, tls } = result;
  const found = { messages, octets, uidl, encrypted: tls !== null, method, tls: tls?.protocol ?? null };
  return { ...shared, ...found, certificate: certificateJson(tls?.certificate ?? null), failure: null };
}

function certificateJson(certificate: CertificateFacts | null): Record<string, unknown> | null {
  if (certificate === null) return null;
  const { subject, issuer, validToAt, sha256 } = certificate;
  return { subject, issuer, validTo: isoTime(validToAt), sha256 };
}

function nameOf(account: RemoteAccountRecord): string {
  return escapeText(`${peopleText(account.login)}@${account.server}`);
}

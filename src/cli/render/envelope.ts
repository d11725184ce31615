/**
 * The rebuilt envelope, address by address.
 */
import { formatAddress } from "../../core/address.ts";
import type { Decision, Distribution, DistributionRecipient } from "../../distribute/distribution.ts";
import type { EnvelopeReport } from "../../manage/envelope.ts";
import type { Words } from "../../words/words.ts";
import type { Output } from "../output.ts";
import { escapeText } from "./escape.ts";
import { failureJson, failureLine } from "./failure.ts";
import { table } from "./table.ts";
import { shortened } from "./width.ts";

export function envelopeText(
  words: Words,
  { account, distribution }: EnvelopeReport,
  output: Output,
): string {
  const { envelope } = words.cli;
  const { columns } = words.terms;
  const bold = (text: string) => output.style("bold", text);
  const sender =
    distribution.reversePath === null ? envelope.nobody : escapeText(formatAddress(distribution.reversePath));
  const lines = [`${envelope.sender}: ${sender}`];
  if (distribution.specialHeaderAbsent) lines.push(envelope.absent(escapeText(account.specialHeader ?? "")));
  else if (distribution.guessed) lines.push(envelope.guessed);
  if (distribution.decisions.length > 0) {
    const rows = distribution.decisions.map((decision) => [
      decision.source,
      escapeText(shortened(decision.text, 60)),
      verdictText(words, decision),
    ]);
    lines.push(
      "",
      `${envelope.addresses}:`,
      table([columns.field, columns.address, columns.what], rows, bold),
    );
  }
  lines.push("", `${envelope.recipients}:`);
  for (const recipient of distribution.recipients) lines.push(`  ${recipientText(words, recipient)}`);
  if (distribution.postmasterReason !== null) lines.push(envelope.reasons[distribution.postmasterReason]);
  return lines.join("\n");
}

function verdictText(words: Words, decision: Decision): string {
  const { verdicts, rules } = words.cli.envelope;
  const steps = decision.steps.map(({ rule, to }) => `${rules[rule]} ${escapeText(to)}`.trim());
  return steps.length > 0
    ? `${verdicts[decision.verdict]} (${steps.join(", ")})`
    : verdicts[decision.verdict];
}

function recipientText(words: Words, { forwardPath, target, notify }: DistributionRecipient): string {
  const address = escapeText(formatAddress(forwardPath));
  return `${address} → ${targetText(words, target)}; ${words.terms.notify[notify]}`;
}

function targetText(words: Words, target: DistributionRecipient["target"]): string {
  switch (target.kind) {
    case "local":
      return escapeText(`${target.account.address} (${target.account.destination})`);
    case "postmaster":
      return words.cli.envelope.postmaster;
    case "remote":
      return `${escapeText(formatAddress(target.address))} (${words.cli.envelope.relay})`;
    case "refused":
      return failureLine(words, target.failure);
  }
}

export function envelopeJson(
  words: Words,
  { account, distribution }: EnvelopeReport,
): Record<string, unknown> {
  return {
    account: account.id,
    specialHeader: account.specialHeader,
    sender: distribution.reversePath === null ? null : formatAddress(distribution.reversePath),
    guessed: distribution.guessed,
    specialHeaderAbsent: distribution.specialHeaderAbsent,
    postmasterReason: distribution.postmasterReason,
    recipients: distribution.recipients.map((recipient) => ({
      address: formatAddress(recipient.forwardPath),
      ...targetJson(words, recipient.target),
      notify: recipient.notify,
    })),
    addresses: distribution.decisions.map((decision) => ({
      field: decision.source,
      text: decision.text,
      address: decision.address === null ? null : formatAddress(decision.address),
      verdict: decision.verdict,
      steps: decision.steps,
      sentence: verdictText(words, decision),
    })),
  };
}

function targetJson(
  words: Words,
  target: Distribution["recipients"][number]["target"],
): Record<string, unknown> {
  switch (target.kind) {
    case "local":
      return { target: "local", account: target.account.address, destination: target.account.destination };
    case "postmaster":
      return { target: "postmaster" };
    case "remote":
      return { target: "remote", to: formatAddress(target.address) };
    case "refused":
      return { target: "refused", failure: failureJson(words, target.failure) };
  }
}

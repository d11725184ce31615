/**
 * `rpop envelope --account NAME < message`: where would it go, and why (spec 6).
 */
import { readFile } from "node:fs/promises";
import { FailureError, failure } from "../../core/failure.ts";
import { type Cli, type Session, usageError } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { readAll } from "../read-input.ts";
import { envelopeJson, envelopeText } from "../render/envelope.ts";

export function envelopeCommand(cli: Cli) {
  const { envelope } = cli.words.help;
  return cli
    .command("envelope", envelope)
    .argument("[FILE]", envelope.file)
    .option("--account <NAME>", envelope.account)
    .action((file, options) =>
      cli.run(async (session) => {
        const { words, output, json } = session;
        const bytes = await readMessage(session, file);
        const { explainEnvelope } = await import("../../manage/envelope.ts");
        const { manage } = await session.app();
        const report = await explainEnvelope(manage, bytes, options.account ?? null);
        if (!report.ok) throw new FailureError(report.failure);
        if (json) output.json(envelopeJson(words, report.value));
        else output.line(envelopeText(words, report.value, output));
        return exitCodes.ok;
      }),
    );
}

async function readMessage({ words, output }: Session, file: string | undefined): Promise<Uint8Array> {
  const { stdin } = output.streams;
  if (file === undefined || file === "-") {
    if (stdin.isTTY) throw usageError(words.cli.usage.noTerminalInput(), "envelope");
    return readAll(stdin);
  }
  try {
    return await readFile(file);
  } catch (error) {
    const detail = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new FailureError(failure("bad-file", "local", { permanent: true, params: { path: file, detail } }));
  }
}

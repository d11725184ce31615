/**
 * `rpop apply FILE`: the configuration from a file (spec 9).
 */
import { readFile } from "node:fs/promises";
import { FailureError, failure } from "../../core/failure.ts";
import type { ApplyReport } from "../../manage/apply.ts";
import type { Cli, Session } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { readAll } from "../read-input.ts";
import { diffText } from "../render/diff.ts";
import { mistakeLine, mistakeSentence, warningSentence } from "../render/mistakes.ts";
import { wholeNumber } from "../whole-number.ts";

export function applyCommand(cli: Cli) {
  const { apply } = cli.words.help;
  return cli
    .command("apply", apply)
    .argument("<FILE>", apply.file)
    .option("--dry-run", apply.dryRun)
    .option("--prune", apply.prune)
    .option("--delete-left <NUMBER>", apply.deleteLeft)
    .action((file, options) =>
      cli.run(async (session) => {
        const deleteLeft = wholeNumber(session, "--delete-left", options.deleteLeft, "apply");
        const bytes = await readConfiguration(session, file);
        const { apply: applyFile } = await import("../../manage/apply.ts");
        const { manage } = await session.app();
        const input = {
          bytes,
          dryRun: options.dryRun ?? false,
          prune: options.prune ?? false,
          ...(deleteLeft === undefined ? {} : { deleteLeft }),
        };
        const result = await applyFile(manage, input);
        if (!result.ok) throw new FailureError(result.failure);
        show(session, file, result.value, input.dryRun);
        return result.value.mistakes.length > 0 ? exitCodes.badFile : exitCodes.ok;
      }),
    );
}

async function readConfiguration(session: Session, file: string): Promise<Uint8Array> {
  try {
    return file === "-" ? await readAll(session.output.streams.stdin) : await readFile(file);
  } catch (error) {
    const detail = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new FailureError(failure("bad-file", "local", { permanent: true, params: { path: file, detail } }));
  }
}

function show(session: Session, file: string, report: ApplyReport, dryRun: boolean): void {
  const { words, output } = session;
  if (session.json) {
    const mistakes = report.mistakes.map((mistake) => ({
      ...mistake,
      sentence: mistakeSentence(words, mistake),
    }));
    const warnings = report.warnings.map((warning) => ({
      ...warning,
      sentence: warningSentence(words, warning),
    }));
    output.json({ applied: report.applied, dryRun, changes: report.diff, warnings, mistakes });
  }
  for (const mistake of report.mistakes) output.error(mistakeLine(words, file, mistake));
  if (report.mistakes.length > 0) {
    output.error(words.cli.apply.refused(report.mistakes.length));
    return;
  }
  for (const warning of report.warnings)
    output.error(`${words.terms.warning}: ${warningSentence(words, warning)}`);
  if (session.json) return;
  const { nothing, done, dryRun: wouldBe } = words.cli.apply;
  if (report.diff.length > 0) output.line(diffText(words, report.diff, output));
  if (report.diff.length === 0) output.line(nothing());
  else output.line(dryRun ? wouldBe(report.diff.length) : done(report.diff.length));
}

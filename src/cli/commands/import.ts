/**
 * `rpop import FILE`: the accounts of another program, with the UIDs it remembered (spec 9).
 */
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Option } from "@commander-js/extra-typings";
import { FailureError, failure } from "../../core/failure.ts";
import { importFormats } from "../../manage/import/format.ts";
import type { ImportReport, SourceFile } from "../../manage/import/import.ts";
import type { Cli, Session } from "../cli.ts";
import { usageError } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { readAll } from "../read-input.ts";
import { diffText } from "../render/diff.ts";
import { escapeText } from "../render/escape.ts";
import { importNoteLine, importNoteSentence } from "../render/import-notes.ts";
import { mistakeLine, mistakeSentence, warningSentence } from "../render/mistakes.ts";

export function importCommand(cli: Cli) {
  const words = cli.words.help.import;
  return cli
    .command("import", words)
    .argument("<FILE>", words.file)
    .addOption(new Option("--format <FORMAT>", words.format))
    .option("--uids <FILE...>", words.uids)
    .option("--owner <NAME>", words.owner)
    .option("--domain <DOMAIN>", words.domain)
    .option("--netrc <FILE>", words.netrc)
    .option("--dry-run", words.dryRun)
    .action((file, options) =>
      cli.run(async (session) => {
        const format = formatNamed(session, options.format);
        const source = await readSource(session, file);
        const home = file === "-" ? null : homeOf(resolve(file));
        const beside = file === "-" ? process.cwd() : dirname(resolve(file));
        const { importFile } = await import("../../manage/import/import.ts");
        const input = {
          file: source,
          format,
          owner: options.owner ?? null,
          domain: options.domain ?? null,
          uidFiles: options.uids
            ? await Promise.all(options.uids.map((one) => readSource(session, one)))
            : null,
          netrc: options.netrc
            ? await readSource(session, options.netrc)
            : await readIfThere(join(home ?? beside, ".netrc")),
          home,
          dryRun: options.dryRun ?? false,
          readFile: (path: string) =>
            readIfThere(
              resolve(
                beside,
                path.replace(/^~(?=\/)/, () => home ?? beside),
              ),
            ),
        };
        const { manage } = await session.app();
        const result = await importFile(manage, input);
        if (!result.ok) throw new FailureError(result.failure);
        show(session, file, result.value, input.dryRun);
        return result.value.mistakes.length > 0 ? exitCodes.badFile : exitCodes.ok;
      }),
    );
}

function formatNamed({ words }: Session, name: string | undefined) {
  const format = importFormats.find((one) => one === name) ?? null;
  if (name !== undefined && format === null) {
    const choices = importFormats.join(", ");
    throw usageError(words.mistakes["expected-choice"]({ key: "--format", choices }), "import");
  }
  return format;
}

/** Whose configuration it is, by where programs keep theirs. */
function homeOf(path: string): string | null {
  const [, home] = /^(.*)\/(?:\.config\/[^/]+\/[^/]+|\.getmail\/[^/]+|\.[^/]+)$/.exec(path) ?? [];
  return home === undefined ? null : home || "/";
}

async function readSource(session: Session, path: string): Promise<SourceFile> {
  try {
    const bytes = path === "-" ? await readAll(session.output.streams.stdin) : await readFile(path);
    return { path, bytes };
  } catch (error) {
    const detail = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new FailureError(failure("bad-file", "local", { permanent: true, params: { path, detail } }));
  }
}

async function readIfThere(path: string): Promise<SourceFile | null> {
  try {
    return { path, bytes: await readFile(path) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    // One that is there and cannot be read would bring old mail again.
    throw new FailureError(failure("bad-file", "local", { permanent: true, params: { path, detail: code } }));
  }
}

function show(session: Session, file: string, report: ImportReport, dryRun: boolean): void {
  const { words, output } = session;
  if (session.json) {
    output.json({
      applied: report.applied,
      dryRun,
      format: report.format,
      changes: report.diff,
      remembered: report.remembered,
      uidFiles: report.uidFiles,
      notes: report.notes.map((note) => ({ ...note, sentence: importNoteSentence(words, note) })),
      warnings: report.warnings.map((one) => ({ ...one, sentence: warningSentence(words, one) })),
      mistakes: report.mistakes.map((one) => ({ ...one, sentence: mistakeSentence(words, one) })),
    });
  }
  for (const mistake of report.mistakes) output.error(mistakeLine(words, file, mistake));
  if (report.mistakes.length > 0) output.error(words.cli.apply.refused(report.mistakes.length));
  for (const warning of report.warnings)
    output.error(`${words.terms.warning}: ${warningSentence(words, warning)}`);
  if (session.json) return;
  const shown = report.mistakes.length === 0;
  if (shown) showChanges(session, report, dryRun);
  if (report.notes.length === 0) return;
  output.line(`${shown ? "\n" : ""}${words.cli.import.notCarriedOver()}`);
  for (const note of report.notes) output.line(`  ${importNoteLine(words, note)}`);
}

function showChanges({ words, output }: Session, report: ImportReport, dryRun: boolean): void {
  const { done, dryRun: wouldBe } = words.cli.apply;
  const { nothing, remembered, uidFile } = words.cli.import;
  const changes = report.diff.length + report.remembered.length;
  if (report.diff.length > 0) output.line(diffText(words, report.diff, output));
  for (const path of report.uidFiles) output.line(uidFile(escapeText(path)));
  for (const { account, messages } of report.remembered)
    output.line(remembered(messages, escapeText(account)));
  if (changes === 0) output.line(nothing());
  else output.line(dryRun ? wouldBe(changes) : done(changes));
}

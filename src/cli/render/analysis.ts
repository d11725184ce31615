/**
 * What each header field would place, and which one to use.
 */
import type { FieldAnalysis } from "../../distribute/analyse.ts";
import type { AnalysisReport } from "../../manage/analyse.ts";
import type { Words } from "../../words/words.ts";
import type { Output } from "../output.ts";
import { escapeText } from "./escape.ts";
import { table } from "./table.ts";

export function analysisText(words: Words, report: AnalysisReport, output: Output): string {
  const { analysis, yaml } = report;
  const { columns } = words.terms;
  const { read, guess } = words.cli.analyse;
  const lines = [read(analysis.messages)];
  if (analysis.messages > 0) {
    const rows = analysis.fields.map((field) => [
      field.field === null ? guess : escapeText(field.field),
      escapeText(field.prefix ?? ""),
      `${field.present} / ${analysis.messages}`,
      `${percent(field.placed, analysis.messages)} %`,
    ]);
    const heading = [columns.field, columns.prefix, columns.presentIn, columns.places];
    lines.push(
      "",
      table(heading, rows, (text) => output.style("bold", text)),
      "",
    );
  }
  lines.push(recommendation(words, report));
  if (yaml !== null) lines.push("", ...yaml.split("\n").map((line) => `  ${line}`));
  return lines.join("\n");
}

export function analysisJson(words: Words, report: AnalysisReport): Record<string, unknown> {
  const { analysis, yaml } = report;
  const field = (one: FieldAnalysis) => ({
    specialHeader: one.field,
    specialHeaderPrefix: one.prefix,
    present: one.present,
    placed: one.placed,
    placedPercent: percent(one.placed, analysis.messages),
  });
  return {
    messages: analysis.messages,
    fields: analysis.fields.map(field),
    recommended: analysis.best === null ? null : field(analysis.best),
    sentence: recommendation(words, report),
    yaml,
  };
}

function recommendation(words: Words, { analysis, yaml }: AnalysisReport): string {
  const { analyse } = words.cli;
  const { best, messages } = analysis;
  if (messages === 0) return analyse.empty();
  if (best === null) return analyse.nothing();
  const all = percent(best.placedInAll, messages);
  if (best.field === null) return yaml === null ? analyse.goOnGuessing(all) : analyse.useGuess(all);
  const name = escapeText(best.field);
  if (yaml === null) return analyse.goOn(name, all);
  return best.prefix === null
    ? analyse.use(name, all)
    : analyse.useWithPrefix(name, escapeText(best.prefix), all);
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part * 100) / whole);
}

/**
 * `rpop trace WHAT`: what happened to a message (spec 8).
 */
import { FailureError } from "../../core/failure.ts";
import type { Cli } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { traceJson, traceText } from "../render/trace.ts";

export function traceCommand(cli: Cli) {
  const { trace } = cli.words.help;
  return cli
    .command("trace", trace)
    .argument("<WHAT>", trace.what)
    .action((what) =>
      cli.run(async ({ words, output, json, app }) => {
        const { trace: traceMessage } = await import("../../manage/trace.ts");
        const { manage, settings } = await app();
        const rows = await traceMessage(manage, what);
        if (!rows.ok) throw new FailureError(rows.failure);
        if (json) output.json(rows.value.map((row) => traceJson(words, row)));
        else {
          const time = { now: manage.clock.now(), timeZone: settings.timeZone };
          output.line(traceText(words, rows.value, time));
        }
        return exitCodes.ok;
      }),
    );
}

/**
 * `rpop export`: the configuration as a file that `apply` takes back (spec 9).
 */
import type { Cli } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";

export function exportCommand(cli: Cli) {
  return cli.command("export", cli.words.help.export).action(() =>
    cli.run(async ({ words, output, json, app }) => {
      const { exportConfiguration } = await import("../../manage/export.ts");
      const { manage } = await app();
      const exported = await exportConfiguration(manage, words.cli.exportPassword());
      output.line(json ? JSON.stringify(exported.value, null, 2) : exported.text.trimEnd());
      return exitCodes.ok;
    }),
  );
}

/**
 * 日本語のカタログ。
 */
import type { en } from "./en.ts";
import { audit } from "./ja/audit.ts";
import { cli } from "./ja/cli.ts";
import { failures } from "./ja/failures.ts";
import { help } from "./ja/help.ts";
import { importNotes } from "./ja/import.ts";
import { log } from "./ja/log.ts";
import { mistakes, warnings } from "./ja/mistakes.ts";
import { records } from "./ja/records.ts";
import { report } from "./ja/report.ts";
import { terms } from "./ja/terms.ts";
import { verify } from "./ja/verify.ts";

export const ja = {
  language: "ja",
  failures,
  mistakes,
  warnings,
  importNotes,
  terms,
  cli,
  help,
  log,
  report,
  records,
  audit,
  verify,
} satisfies typeof en;

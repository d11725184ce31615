/**
 * The English catalogue. The Japanese one has the same shape, checked by the compiler.
 */
import { audit } from "./en/audit.ts";
import { cli } from "./en/cli.ts";
import { failures } from "./en/failures.ts";
import { help } from "./en/help.ts";
import { importNotes } from "./en/import.ts";
import { log } from "./en/log.ts";
import { mistakes, warnings } from "./en/mistakes.ts";
import { records } from "./en/records.ts";
import { report } from "./en/report.ts";
import { terms } from "./en/terms.ts";
import { verify } from "./en/verify.ts";

export const en = {
  language: "en" as "en" | "ja",
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
};

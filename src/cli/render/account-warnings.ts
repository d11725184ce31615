/**
 * What is worth a look on accounts, as sentences and for scripts.
 */
import type { AccountWarning } from "../../manage/account-warnings.ts";
import type { RemoteAccountListing } from "../../manage/remote-accounts.ts";
import type { Words } from "../../words/words.ts";
import { escapeText } from "./escape.ts";

function warningText(words: Words, warning: AccountWarning): string {
  const { warnings } = words.cli.remote;
  switch (warning.code) {
    case "special-header-absent":
      return warnings.specialHeaderAbsent(escapeText(warning.field), warning.count);
    case "messages-too-large":
      return warnings.tooLarge(warning.count);
    case "messages-refused":
      return warnings.refused(warning.count);
    case "same-maildrop":
      return warnings.sameMaildrop(warning.id);
  }
}

/** `login@server: sentence`, one for each warning. */
export function accountWarningLines(words: Words, accounts: readonly RemoteAccountListing[]): string[] {
  return accounts.flatMap(({ account, server, warnings }) =>
    warnings.map((warning) => `${escapeText(`${account}@${server}`)}: ${warningText(words, warning)}`),
  );
}

export function accountWarningsJson(
  words: Words,
  warnings: readonly AccountWarning[],
): Record<string, unknown>[] {
  return warnings.map((warning) => ({ ...warning, sentence: warningText(words, warning) }));
}

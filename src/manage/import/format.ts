/**
 * Which program a file is from: by its name, else by what stands in it.
 */

export const importFormats = ["fetchmail", "getmail", "mpop", "communigate", "csv"] as const;
export type ImportFormat = (typeof importFormats)[number];

/** @returns null where neither name nor text tell. */
export function guessFormat(path: string, text: string): ImportFormat | null {
  const name = path.toLowerCase();
  for (const format of ["fetchmail", "getmail", "mpop"] as const) {
    if (new RegExp(`${format}(rc|/[^/]*$)|\\.${format}\\b`).test(name)) return format;
  }
  if (/\.(csv|tsv)$/.test(name)) return "csv";
  if (/^\s*[{(]/.test(text)) return "communigate";
  if (/^\[(retriever|destination)\]\s*$/im.test(text)) return "getmail";
  if (/^\s*(poll|skip|server|defaults)\s[\s\S]*\b(proto|protocol|user|username|via)\b/im.test(text))
    return "fetchmail";
  if (/^\s*(account|defaults)\b/m.test(text) && /^\s*host\s+\S/m.test(text)) return "mpop";
  const [header = ""] = text.split(/\r?\n/, 1);
  if (/[,;\t]/.test(header) && /\baccount\b/i.test(header) && /\bserver\b/i.test(header)) return "csv";
  return null;
}

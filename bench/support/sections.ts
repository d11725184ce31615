/**
 * Parts of a Markdown file that a program writes: each between `<!-- bench NAME -->` and `<!-- /bench NAME -->`.
 */
import { readFile, writeFile } from "node:fs/promises";

/**
 * Replaces what stands between the marks of each section; the rest of the file stays as it is.
 *
 * @throws when the file lacks a section's marks.
 */
export async function rewriteSections(path: string, sections: ReadonlyMap<string, string>): Promise<void> {
  let text = await readFile(path, "utf8");
  for (const [name, content] of sections) {
    const begin = `<!-- bench ${name} -->\n`;
    const end = `<!-- /bench ${name} -->`;
    const from = text.indexOf(begin);
    const to = text.indexOf(end, from);
    if (from === -1 || to === -1) throw new Error(`${path} has no section ${name}`);
    text = `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
  }
  await writeFile(path, text);
}

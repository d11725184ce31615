/**
 * Reads what `strace -f -y -s 5000` wrote: system calls of all threads, each with the moments it was entered and left.
 *
 * A moment is the number of the line; `<unfinished …>` and `resumed` are put together. Text keeps strace's escapes:
 * what is looked for in it (file names, ids, commands) is plain ASCII.
 */

export interface SystemCall {
  readonly name: string;
  /** Between the parentheses, `<…>` behind descriptors tells their files. */
  readonly args: string;
  readonly entered: number;
  readonly left: number;
  /** It answered 0 or more. */
  readonly succeeded: boolean;
}

/** The calls in the order in which they were entered; those that never returned are not among them. */
export function readStraceLog(text: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const open = new Map<string, { name: string; args: string; entered: number }>();
  for (const [moment, line] of text.split("\n").entries()) {
    const [, thread = "", rest = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest);
    const unfinished = /^(\w+)\((.*) <unfinished \.\.\.>$/.exec(rest);
    const whole = /^(\w+)\((.*)$/.exec(rest);
    if (resumed) {
      const begun = open.get(thread);
      open.delete(thread);
      if (begun !== undefined)
        calls.push({ ...begun, ...endOf(begun.args + (resumed[2] ?? "")), left: moment });
    } else if (unfinished) {
      open.set(thread, { name: unfinished[1] ?? "", args: unfinished[2] ?? "", entered: moment });
    } else if (whole) {
      calls.push({ name: whole[1] ?? "", ...endOf(whole[2] ?? ""), entered: moment, left: moment });
    }
  }
  return calls.sort((a, b) => a.entered - b.entered);
}

/** The file behind the descriptor that is the call's first argument; null: none, or it is no file. */
export function descriptorFile({ args }: SystemCall): string | null {
  return /^\d+<([^>]*)>/.exec(args)?.[1] ?? null;
}

/** The quoted arguments, in order. */
export function quoted({ args }: SystemCall): string[] {
  return Array.from(args.matchAll(/"((?:[^"\\]|\\.)*)"/g), ([, text = ""]) => text);
}

function endOf(text: string): { args: string; succeeded: boolean } {
  const at = text.lastIndexOf(") ");
  const answer = /^\) += (-?\d+)/.exec(text.slice(at))?.[1];
  return { args: text.slice(0, at), succeeded: answer !== undefined && Number(answer) >= 0 };
}

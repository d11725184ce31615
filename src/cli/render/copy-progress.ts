/**
 * A backup or a restore while it copies: one line on a terminal, nothing elsewhere.
 */
import type { Session } from "../cli.ts";
import { bytesText } from "./quantities.ts";

const showEveryFiles = 64;

export interface CopyProgress {
  step(step: "database" | "spool" | "mail"): void;
  copied(files: number, bytes: number): void;
  /** Takes the line off the screen. */
  stop(): void;
}

export function copyProgress({ output, words, json, quiet }: Session): CopyProgress {
  const { stderr } = output.streams;
  if (json || quiet || !stderr.isTTY) return { step() {}, copied() {}, stop() {} };
  let now: "database" | "spool" | "mail" = "database";
  let shown = 0;
  const show = (text: string) => stderr.write(`\r\u001b[K${text}`);
  return {
    step(step) {
      now = step;
      show(words.cli.backup.steps[step]);
    },
    copied(files, bytes) {
      if (files - shown < showEveryFiles) return;
      shown = files;
      show(words.cli.backup.copied(words.cli.backup.steps[now], files, bytesText(bytes)));
    },
    stop: () => void show(""),
  };
}

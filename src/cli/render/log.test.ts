import { expect, test } from "vitest";
import { wordsIn } from "../../words/words.ts";
import { logSentence } from "./log.ts";

const changes = [
  { change: "held", en: "held by root", ja: "root が保留しました" },
  { change: "released", en: "released by root", ja: "root が保留を解除しました" },
  { change: "retried", en: "retry asked for by root", ja: "root が再試行を指示しました" },
  {
    change: "redirected",
    to: "b\u001b@x",
    en: "redirected to b\\x1b@x by root",
    ja: "root が b\\x1b@x への配信を指示しました",
  },
  { change: "dropped", en: "dropped by root", ja: "root が破棄しました" },
  { change: "copied", en: "copied (root)", ja: "copied (root)" },
];

test.each(changes)("an entry that was $change, as its trace says it", ({ en, ja, ...change }) => {
  const fields = { ...change, by: "root", recipient: "al@example.com", messageId: "m1" };
  const record = { at: 0, time: "1970-01-01T00:00:00.000+00:00", event: "entry-changed", fields };
  const sentence = (language: "en" | "ja") =>
    logSentence(wordsIn(language), { ...record, level: "major" as const });
  expect(sentence("en")).toBe(`Message m1 for al@example.com: ${en}.`);
  expect(sentence("ja")).toBe(`メッセージ m1 (宛先 al@example.com): ${ja}。`);
});

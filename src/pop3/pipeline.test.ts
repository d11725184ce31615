/** What goes out in which write. */
import { expect, test } from "vitest";
import { type PipelinePlan, runPipeline } from "./pipeline.ts";

interface Case {
  name: string;
  window: { messages: number; bytes: number };
  sizes: number[];
  /** Each write, and the answers read between two writes. */
  writes: string[];
}

const cases: Case[] = [
  {
    name: "one at a time",
    window: { messages: 1, bytes: 0 },
    sizes: [9, 9, 9],
    writes: ["1", "answer 1", "2", "answer 2", "3", "answer 3"],
  },
  {
    name: "all at once",
    window: { messages: 8, bytes: 100 },
    sizes: [9, 9, 9],
    writes: ["1 2 3", "answer 1", "answer 2", "answer 3"],
  },
  {
    name: "refilled at half",
    window: { messages: 4, bytes: 100 },
    sizes: [1, 1, 1, 1, 1, 1, 1],
    writes: [
      "1 2 3 4",
      "answer 1",
      "answer 2",
      "5 6",
      "answer 3",
      "answer 4",
      "7",
      "answer 5",
      "answer 6",
      "answer 7",
    ],
  },
  {
    name: "bytes before commands",
    window: { messages: 4, bytes: 10 },
    sizes: [5, 5, 5, 5],
    writes: ["1 2", "answer 1", "3", "answer 2", "4", "answer 3", "answer 4"],
  },
  {
    name: "refilled at half of the bytes",
    window: { messages: 100, bytes: 8 },
    sizes: [2, 2, 2, 2, 2, 2],
    writes: ["1 2 3 4", "answer 1", "answer 2", "5 6", "answer 3", "answer 4", "answer 5", "answer 6"],
  },
  {
    name: "one may be larger than the window",
    window: { messages: 4, bytes: 10 },
    sizes: [50, 4, 4, 50, 1],
    writes: ["1", "answer 1", "2 3", "answer 2", "answer 3", "4", "answer 4", "5", "answer 5"],
  },
];

test.each(cases)("$name", async ({ window, sizes, writes }) => {
  const told: string[] = [];
  const wire: PipelinePlan["wire"] = {
    pipelined: false,
    send: (bytes) => {
      told.push(String(bytes).trim().replaceAll("\r\n", " "));
    },
    close: () => {
      told.push("closed");
    },
    params: () => ({}),
  };
  await runPipeline({
    wire,
    window,
    numbers: sizes.map((_, index) => index + 1),
    command: (number) => String(number),
    expectedBytes: (number) => sizes[number - 1] ?? 0,
    proceed: () => true,
    answer: async (number) => {
      told.push(`answer ${number}`);
    },
  });
  expect(told).toEqual(writes);
  expect(wire.pipelined).toBe(false);
});

import { defineConfig } from "vitest/config";

// Unit tests stand beside their file; what crosses folders lives in test/. Real servers and crash runs start
// processes of their own, so they run one file at a time.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "{src,bench}/**/*.test.ts",
            "test/{dialogues,messages,model,flow,support,house}/**/*.test.ts",
          ],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "real",
          include: ["test/{real,crash,cli}/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});

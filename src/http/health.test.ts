import { expect, test } from "vitest";
import { type HealthChecks, healthRoutes } from "./health.ts";

function checks(change: Partial<HealthChecks> = {}): HealthChecks {
  return {
    version: "1.2.3",
    uptimeMs: () => 61_999,
    databaseAnswers: async () => true,
    obstacles: async () => [],
    ...change,
  };
}

async function ask(path: string, change: Partial<HealthChecks> = {}) {
  const response = await healthRoutes(checks(change)).request(path);
  return { status: response.status, body: (await response.json()) as unknown, headers: response.headers };
}

test("health: alive, and the database answers", async () => {
  const { status, body, headers } = await ask("/health");
  expect(status).toBe(200);
  expect(body).toEqual({ status: "ok", version: "1.2.3", uptimeSeconds: 61, database: true });
  expect(headers.get("cache-control")).toBe("no-store");
});

test("health: a database that does not answer is worth a restart", async () => {
  const { status, body } = await ask("/health", { databaseAnswers: async () => false });
  expect(status).toBe(503);
  expect(body).toMatchObject({ status: "failing", database: false });
});

test("ready: nothing stands in the way", async () => {
  const { status, body } = await ask("/ready");
  expect(status).toBe(200);
  expect(body).toEqual({ ready: true, codes: [] });
});

test("ready: what stands in the way is named by its codes, and nothing else is told", async () => {
  const { status, body } = await ask("/ready", { obstacles: async () => ["starting", "disk-low"] });
  expect(status).toBe(503);
  expect(body).toEqual({ ready: false, codes: ["starting", "disk-low"] });
});

test("anything else is not there", async () => {
  expect((await healthRoutes(checks()).request("/")).status).toBe(404);
});

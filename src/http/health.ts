/**
 * `/health` and `/ready`, for supervisors and balancers. No login, no names of accounts, nothing to be learnt but state.
 *
 * `/health`: the process lives and its database answers; a supervisor may restart whoever fails it. `/ready`: it takes
 * mail; with 503 and the codes of what stands in the way it does not at present, and need not be restarted for it.
 */
import { Hono } from "hono";

export interface HealthChecks {
  readonly version: string;
  /** Length of life, in milliseconds. */
  uptimeMs(): number;
  /** Whether the database answers a read. */
  databaseAnswers(): Promise<boolean>;
  /** Codes of what keeps mail from being taken: failure codes, `starting`, `stopping`; empty: ready. */
  obstacles(): Promise<readonly string[]>;
}

/** The routes, to be mounted at the root. */
export function healthRoutes(checks: HealthChecks): Hono {
  const routes = new Hono();
  routes.use(async (context, next) => {
    await next();
    context.header("Cache-Control", "no-store");
    context.header("X-Content-Type-Options", "nosniff");
  });
  routes.get("/health", async (context) => {
    const database = await checks.databaseAnswers();
    const uptimeSeconds = Math.floor(checks.uptimeMs() / 1000);
    const body = { status: database ? "ok" : "failing", version: checks.version, uptimeSeconds, database };
    return context.json(body, database ? 200 : 503);
  });
  routes.get("/ready", async (context) => {
    const codes = await checks.obstacles();
    return context.json({ ready: codes.length === 0, codes }, codes.length === 0 ? 200 : 503);
  });
  return routes;
}

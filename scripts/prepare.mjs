// `npm ci` builds the program. A production install (no TypeScript there) finds dist/ in the package instead.
import { createRequire } from "node:module";

try {
  createRequire(import.meta.url).resolve("typescript/bin/tsc");
} catch {
  process.exit(0);
}
await import("./build.mjs");

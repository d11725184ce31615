// Compiles src/ to dist/, from scratch: a file that left src/ must not live on in dist/. Then makes one file of the
// parts of Kysely that the store runs, since loading its 280 modules would cost every command a fifth of a second.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { rolldown } from "rolldown";

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
rmSync("dist", { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

const file = "dist/store/dialect/kysely.js";
const bundle = await rolldown({ input: file, platform: "node" });
await bundle.write({ file, format: "esm", sourcemap: false });
await bundle.close();

// Compiles src/ from scratch: a file that left src/ must not live on in dist/. Then makes one file of the parts of
// Kysely that the store runs, since loading its 280 modules would cost every command a fifth of a second. What was
// built before stays in place until the new build is whole.
import { spawnSync } from "node:child_process";
import { renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { rolldown } from "rolldown";

// Names of this process alone: two builds at once must not fall over each other.
const fresh = `./.dist-new-${process.pid}`;
const former = `./.dist-old-${process.pid}`;
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
for (const folder of [fresh, former]) rmSync(folder, { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", fresh], {
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);

const file = `${fresh}/store/dialect/kysely.js`;
const bundle = await rolldown({ input: file, platform: "node" });
await bundle.write({ file, format: "esm", sourcemap: false });
await bundle.close();

moveAway("dist", former);
renameSync(fresh, "dist");
rmSync(former, { recursive: true, force: true });

function moveAway(folder, to) {
  try {
    renameSync(folder, to);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
}

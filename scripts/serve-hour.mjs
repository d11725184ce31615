// `npm run bench:hour [-- --minutes N --accounts N --out FOLDER --program PATH]`: a server under load and faults for an
// hour, watched from outside (bench/hour/serve-hour.ts). Bundles the bench, then runs it on the build as it is.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "rolldown";

const root = join(import.meta.dirname, "..");
const out = mkdtempSync(join(tmpdir(), "rpop-hour-"));
try {
  await build({
    input: join(root, "bench/hour/serve-hour.ts"),
    platform: "node",
    output: { file: join(out, "serve-hour.mjs"), format: "esm", sourcemap: "inline" },
  });
  const args = [
    "--enable-source-maps",
    join(out, "serve-hour.mjs"),
    "--root",
    root,
    ...process.argv.slice(2),
  ];
  process.exitCode = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" }).status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}

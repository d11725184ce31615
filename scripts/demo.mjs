// `npm run demo`: the journey of some sample mail, in ./demo. See src/demo/demo.ts.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const compiled = join(root, "dist/modules/demo/demo.js");
if (!existsSync(compiled)) {
  const { status } = spawnSync(process.execPath, [join(root, "scripts/build.mjs")], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}
const { demo } = await import(compiled);
try {
  await demo(join(root, "demo"), join(root, "bin/rpop.js"), (line) => console.log(line));
} catch (error) {
  console.error(error.stderr || error);
  process.exitCode = 1;
}

// `npm run bench -- NAME [ARGS]`: compiles bench/ to a temporary folder and runs bench/NAME.ts there. Not part of any
// test: times belong to the machine and the hour, ratios to one run.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const [name, ...args] = process.argv.slice(2);
const names = readdirSync(join(root, "bench"))
  .filter((file) => /^[a-z-]+\.ts$/.test(file))
  .map((file) => file.slice(0, -3));
if (name === undefined || !names.includes(name)) {
  console.error(`usage: npm run bench -- NAME [ARGS]\nNAME is one of: ${names.join(", ")}`);
  process.exit(64);
}

const out = mkdtempSync(join(tmpdir(), "rpop-bench-"));
const node = (...command) =>
  spawnSync(process.execPath, command, { cwd: root, stdio: "inherit" }).status ?? 1;
try {
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const config = join(out, "tsconfig.json");
  const compilerOptions = { noEmit: false, outDir: join(out, "js"), rootDir: root, types: ["node"] };
  const typeRoots = [join(root, "node_modules/@types")];
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, "tsconfig.json"),
      compilerOptions: { ...compilerOptions, typeRoots },
      include: [],
      files: [join(root, `bench/${name}.ts`)],
    }),
  );
  writeFileSync(join(out, "package.json"), JSON.stringify({ type: "module" }));
  let status = node(tsc, "-p", config);
  if (status === 0) status = node(join(root, "scripts/build.mjs"));
  if (status === 0) status = node(join(out, `js/bench/${name}.js`), ...args);
  process.exitCode = status;
} finally {
  rmSync(out, { recursive: true, force: true });
}

// `npm run bench [-- P1 P3 …] [--rounds N] [--quick] [--write] [--only NAMES] [--no-build | --program PATH]`:
// compiles bench/ to a temporary folder, builds the program, and runs bench/bench.ts. Not part of any test: times belong
// to the machine and the hour, ratios to one run. `npm run bench:hour [-- --minutes N --accounts N --out FOLDER]` does
// the same with bench/hour/serve-hour.ts, a server under load and faults.
//
// What is measured is a copy of the build, so that a build made meanwhile changes nothing. `--no-build` takes dist/ as it
// is; `--program` measures another bin/rpop.js.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const words = process.argv.slice(2);
const main = words[0] === "hour" ? "bench/hour/serve-hour.ts" : "bench/bench.ts";
const args = words.filter((word) => word !== "--no-build" && word !== "hour");
const builds = !words.includes("--no-build") && !words.includes("--program");

// Everything is made in here, so that nothing stays behind, whatever stops the bench. Not all contestants run as root.
const out = mkdtempSync(join(tmpdir(), "rpop-bench-"));
chmodSync(out, 0o755);
for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => {});
const node = (...command) =>
  spawnSync(process.execPath, command, { cwd: root, stdio: "inherit", env: { ...process.env, TMPDIR: out } })
    .status ?? 1;
try {
  process.exitCode = run();
} finally {
  rmSync(out, { recursive: true, force: true });
}

function run() {
  const compiled = compileBench();
  if (compiled !== 0) return compiled;
  if (builds) {
    const built = node(join(root, "scripts/build.mjs"));
    if (built !== 0) return built;
  }
  const program = args.includes("--program") ? [] : ["--program", copyOfBuild()];
  return node(join(out, "js", main.replace(/ts$/, "js")), ...args, ...program);
}

function compileBench() {
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const config = join(out, "tsconfig.json");
  const compilerOptions = { noEmit: false, outDir: join(out, "js"), rootDir: root, types: ["node"] };
  const typeRoots = [join(root, "node_modules/@types")];
  const options = { ...compilerOptions, typeRoots };
  const files = [join(root, main)];
  writeFileSync(
    config,
    JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions: options, include: [], files }),
  );
  writeFileSync(join(out, "package.json"), JSON.stringify({ type: "module" }));
  symlinkSync(join(root, "node_modules"), join(out, "node_modules"));
  return node(tsc, "-p", config);
}

function copyOfBuild() {
  for (const part of ["bin", "dist", "package.json"])
    cpSync(join(root, part), join(out, "rpop", part), { recursive: true });
  return join(out, "rpop/bin/rpop.js");
}

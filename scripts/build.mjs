// Compiles src/ from scratch: a file that left src/ must not live on in dist/. `dist/modules/` is a file for each source;
// scripts and tests use it. The program that people start is `dist/main.js`, with a bundle for each of its threads (the
// store's `dist/worker.js`, the disk's `dist/disk-worker.js`, a backup's `dist/snapshot-worker.js`). They hold those modules and the packages that they need,
// with files of their own for what one command alone needs, as CommonJS, which Node loads faster. Finding and reading
// 200 modules cost every command a quarter of its start. They are not minified: a stack trace names functions, and
// comments name the source. What was built before stays in place until the new build is whole.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { rolldown } from "rolldown";

// Names of this process alone: two builds at once must not fall over each other.
const fresh = `./.dist-new-${process.pid}`;
const former = `./.dist-old-${process.pid}`;
const modules = `${fresh}/modules`;
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
for (const folder of [fresh, former]) rmSync(folder, { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", modules], {
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);

// One after the other, so that each thread has its own: the shared part of both would be many small files.
const bundled = new Set([
  ...(await bundle({ main: `${modules}/main.js` })),
  ...(await bundle({ worker: `${modules}/store/worker.js` })),
  ...(await bundle({ "snapshot-worker": `${modules}/store/snapshot-worker.js` })),
  ...(await bundle({ "disk-worker": `${modules}/spool/disk-worker.js` })),
]);
writeFileSync(`${modules}/package.json`, '{ "type": "module" }\n');
writeFileSync(`${fresh}/package.json`, '{ "type": "commonjs" }\n');
writeFileSync(`${fresh}/LICENSES`, licensesOf([...bundled].sort()));

moveAway("dist", former);
renameSync(fresh, "dist");
rmSync(former, { recursive: true, force: true });

/** Answers with the folders of the packages that are in it. SQLite has a native part, found beside its own files. */
async function bundle(input) {
  const made = await rolldown({ input, platform: "node", external: ["@photostructure/sqlite"] });
  const { output } = await made.write({
    dir: fresh,
    format: "cjs",
    sourcemap: false,
    chunkFileNames: "[name].js",
  });
  await made.close();
  const inside = output.flatMap(({ moduleIds = [] }) => moduleIds);
  return inside.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0] ?? []);
}

/** Each package's name, version and license, in its own words. */
function licensesOf(folders) {
  const parts = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    const text = file === undefined ? "" : `\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}`;
    return `${name} ${version} (${license})${text}\n`;
  });
  return parts.join(`\n${"-".repeat(80)}\n\n`);
}

function moveAway(folder, to) {
  try {
    renameSync(folder, to);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
}

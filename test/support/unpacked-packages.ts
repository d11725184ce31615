/**
 * Debian packages unpacked beside the system: mail servers that cannot be installed together are tried without
 * replacing the machine's own. What they need of libraries and the machine lacks is unpacked with them.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type TemporaryDirectory, temporaryDirectory } from "./temporary-directory.ts";
import { findProgram } from "./tools.ts";

export interface UnpackedPackages extends AsyncDisposable {
  /** Where `/` of the packages is. */
  readonly root: string;
  /** For programs of theirs: LD_LIBRARY_PATH, and the PATH of a server. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Downloads with apt-get and unpacks with dpkg; as root, who alone can try such a server.
 *
 * @returns why not, in one line, where that is not possible here.
 */
export async function unpackPackages(names: readonly string[]): Promise<UnpackedPackages | string> {
  if (process.getuid?.() !== 0) return "only root can start it";
  if (findProgram("apt-get") === undefined) return "there is no apt-get";
  if (spawnSync("unshare", ["--mount", "--uts", "true"]).status !== 0) return "unshare is not allowed";
  const directory = await temporaryDirectory("packages");
  const why = download(directory, names) ?? null;
  if (why !== null) {
    await directory[Symbol.asyncDispose]();
    return why;
  }
  const root = join(directory.path, "root");
  const debs = readdirSync(directory.path).filter((name) => name.endsWith(".deb"));
  mkdirSync(root);
  for (const deb of debs) execFileSync("dpkg", ["-x", join(directory.path, deb), root]);
  // Servers run as somebody else, who must get here.
  chmodSync(directory.path, 0o755);
  const libraries = ["usr/lib", "lib"]
    .map((name) => join(root, name))
    .filter(existsSync)
    .flatMap((name) => readdirSync(name).map((inner) => join(name, inner)))
    .filter((name) => name.endsWith("-linux-gnu"));
  return {
    root,
    env: { LD_LIBRARY_PATH: libraries.join(":"), PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

/** The second try is for package lists that are not there, or name what is gone. */
function download({ path }: TemporaryDirectory, names: readonly string[]): string | undefined {
  for (const again of [false, true]) {
    if (again) spawnSync("apt-get", ["update", "-qq"]);
    const needed = spawnSync("apt-get", ["install", "-s", "-qq", "--no-install-recommends", ...names], {
      encoding: "utf8",
    });
    const libraries = [...needed.stdout.matchAll(/^Inst (lib\S+) /gm)].map(([, name = ""]) => name);
    const got = spawnSync("apt-get", ["download", "-qq", ...new Set([...names, ...libraries])], {
      cwd: path,
    });
    if (needed.status === 0 && got.status === 0) return undefined;
  }
  return "its packages cannot be downloaded";
}

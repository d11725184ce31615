// `npm test`: everything CI runs. Installs what the tests need from Debian where it may, builds, runs the tests, and
// ends with one line: `N passed, N failed`, and `, N skipped` when any.
//
//   npm test [-- PATH…]                      all tests, or those whose path contains PATH
//   npm run test:crash [-- --seed N --kills N …]   the long crash runs; their options: test/crash/options.ts
//
// What cannot be installed is skipped with a line that says so; under CI=true it is a failure.
import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "..");
const underCi = process.env.CI === "true";

/** Programs of the system that tests start, and the Debian packages that hold them. */
const needs = [
  { program: "openssl", packages: ["openssl"], tests: "certificates made by openssl" },
  { program: "dovecot", packages: ["dovecot-core", "dovecot-pop3d"], tests: "Dovecot" },
  { program: "ntlm_auth", packages: ["winbind"], tests: "NTLM" },
  { program: "/usr/lib/dovecot/lmtp", packages: ["dovecot-core", "dovecot-lmtpd"], tests: "Dovecot's LMTP" },
  { program: "postfix", packages: ["postfix"], tests: "Postfix" },
  { program: "fetchmail", packages: ["fetchmail"], tests: "fetchmail" },
  { program: "getmail", packages: ["getmail6"], tests: "getmail" },
  { program: "mpop", packages: ["mpop"], tests: "mpop" },
  { program: "strace", packages: ["strace"], tests: "strace" },
  { program: "python3", packages: ["python3"], tests: "Python reading error reports" },
];

/** Handed on to the crash runs as RPOP_CRASH_SEED and so on. */
const crashOptions = ["seed", "hits", "kills", "mode", "config"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    crash: { type: "boolean" },
    ...Object.fromEntries(crashOptions.map((name) => [name, { type: "string" }])),
  },
});

const missing = install(needs.filter((need) => !isInstalled(need.program)));
for (const { tests, packages, program } of missing) {
  const verb = underCi ? "missing" : "skipped";
  console.log(
    `${verb}: tests with ${tests} (${program} is not installed; apt-get install ${packages.at(-1)})`,
  );
}

const build = spawnSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "inherit" });
if (build.status !== 0) finish({ passed: 0, failed: 1, skipped: 0 });

const counts = runTests();
if (underCi) counts.failed += missing.length;
finish(counts);

/** Runs vitest and reads its counts; a run that ends badly without a failed test counts as one. */
function runTests() {
  const directory = mkdtempSync(join(tmpdir(), "rpop-test-"));
  const report = join(directory, "report.json");
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const only = values.crash ? ["--project", "real", "test/crash"] : [];
  const env = { ...process.env };
  if (values.crash) env.RPOP_CRASH_RUN = "long";
  for (const name of crashOptions) {
    if (values[name] !== undefined) env[`RPOP_CRASH_${name.toUpperCase()}`] = values[name];
  }
  const reporters = ["--reporter", "default", "--reporter", "json", `--outputFile.json=${report}`];
  const run = spawnSync(process.execPath, [vitest, "run", ...only, ...positionals, ...reporters], {
    cwd: root,
    env,
    stdio: "inherit",
  });
  try {
    return countsOf(JSON.parse(readFileSync(report, "utf8")), run.status);
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A file that does not even load has no tests in the report, but failed. */
function countsOf(report, status) {
  const unloaded = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  const counted = report.numFailedTests + unloaded.length;
  return {
    passed: report.numPassedTests,
    failed: status === 0 ? counted : Math.max(counted, 1),
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function finish({ passed, failed, skipped }) {
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  process.exit(failed > 0 ? 1 : 0);
}

/** Installs what is missing, as root with apt-get; answers with what is missing still. */
function install(wanted) {
  if (wanted.length === 0 || process.getuid?.() !== 0 || !isInstalled("apt-get")) return wanted;
  const packages = wanted.flatMap((need) => need.packages);
  console.log(`installing ${packages.join(" ")}`);
  apt("update", "-qq");
  apt("install", "-y", "-qq", "--no-install-recommends", ...packages);
  return wanted.filter((need) => !isInstalled(need.program));
}

/** Quiet when it works; its own words when it does not. */
function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { status, stdout, stderr } = spawnSync("apt-get", args, { env, encoding: "utf8" });
  if (status !== 0) console.error(`apt-get ${args[0]} failed:\n${stdout}${stderr}`);
}

function isInstalled(program) {
  const folders = program.startsWith("/")
    ? ["/"]
    : [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/local/sbin"];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

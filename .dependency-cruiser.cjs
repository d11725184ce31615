// Which way imports point (docs/architecture.md). Each rule says why; `npm run check` runs them.
const folder = (...names) => `^src/(${names.join("|")})/`;
const pure =
  "^src/(distribute|route|sieve)/|^src/poll/(new-messages|marks|schedule)\\.ts$|^src/queue/(retry|outcome|report|report-policy)\\.ts$";
const notTests = "\\.test\\.ts$";

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "A cycle is one room with two doors: nobody can say what it promises alone.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "core-imports-nothing",
      comment: "The words everybody shares depend on nobody: no folder, no package, no node module.",
      severity: "error",
      from: { path: "^src/core/", pathNot: notTests },
      to: { pathNot: "^src/core/" },
    },
    {
      name: "message-imports-core",
      comment: "Formats know nothing of transport, accounts or queues.",
      severity: "error",
      from: { path: "^src/message/", pathNot: notTests },
      to: { path: "^src/", pathNot: "^src/(core|message)/" },
    },
    {
      name: "pop3-imports-core",
      comment: "The POP3 client is usable on its own: it knows nothing of accounts, queues or settings.",
      severity: "error",
      from: { path: "^src/pop3/", pathNot: notTests },
      to: { path: "^src/", pathNot: "^src/(core|pop3)/" },
    },
    {
      name: "pure-decisions",
      comment:
        "Decisions are functions of values: no clock, no store, no node module; tests need no mocks. Records are plain types.",
      severity: "error",
      from: { path: pure, pathNot: notTests },
      to: { pathNot: `^src/(core|message)/|^src/store/records\\.ts$|${pure}` },
    },
    {
      name: "services-import-no-stage",
      comment:
        "Services are handed to the stages; one that calls back a stage would turn the journey around.",
      severity: "error",
      from: { path: folder("store", "spool", "settings", "secrets", "auth", "observe"), pathNot: notTests },
      to: {
        path: folder(
          "pop3",
          "poll",
          "distribute",
          "route",
          "queue",
          "deliver",
          "manage",
          "cli",
          "http",
          "sieve",
        ),
      },
    },
    {
      name: "queue-goes-right",
      comment: "poll → queue → deliver: mail flows one way, trouble comes back as a value.",
      severity: "error",
      from: { path: folder("queue"), pathNot: notTests },
      to: { path: folder("poll", "pop3", "manage", "cli", "http") },
    },
    {
      name: "deliver-goes-nowhere",
      comment: "A destination knows its item, not the queue that sends it or the visit that took it.",
      severity: "error",
      from: { path: folder("deliver"), pathNot: notTests },
      to: { path: folder("poll", "pop3", "queue", "manage", "cli", "http", "store", "distribute", "route") },
    },
    {
      name: "poll-through-the-door",
      comment: "A visit reaches the queue by submit alone, never a destination.",
      severity: "error",
      from: { path: folder("poll"), pathNot: notTests },
      to: { path: folder("deliver", "manage", "cli", "http") },
    },
    {
      name: "manage-below-the-edges",
      comment: "What people do is one set of services; CLI and HTTP are thin siblings above it.",
      severity: "error",
      from: { path: folder("manage"), pathNot: notTests },
      to: { path: folder("cli", "http") },
    },
    {
      name: "edges-are-not-imported",
      comment: "Nothing depends on how people reach us, nor on who wires the parts.",
      severity: "error",
      from: { path: "^src/", pathNot: `^src/(cli|http|demo)/|^src/(main|app|serve)\\.ts$|${notTests}` },
      to: { path: "^src/(cli|http|demo)/|^src/(main|app|serve)\\.ts$" },
    },
    {
      name: "sentences-at-the-edge",
      comment:
        "No sentences in the core: failures carry codes, the edges choose the language. app.ts hands the sentences of error reports to the queue.",
      severity: "error",
      from: {
        path: "^src/",
        pathNot: `^src/(cli|http|words|observe|manage|demo)/|^src/app\\.ts$|${notTests}`,
      },
      to: { path: "^src/words/" },
    },
    {
      name: "demo-stands-apart",
      comment:
        "The sample provider is another server, in a process of its own: the program must not lean on it.",
      severity: "error",
      from: { path: "^src/(?!demo/)", pathNot: notTests },
      to: { path: "^src/demo/" },
    },
    {
      name: "release-without-dev-packages",
      comment: "The program runs on its production dependencies alone.",
      severity: "error",
      from: { path: "^src/", pathNot: notTests },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "resolvable",
      comment: "An import that leads nowhere fails at run time.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^node:sqlite$" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^dist/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".js", ".mjs", ".cjs", ".d.ts"],
    },
  },
};

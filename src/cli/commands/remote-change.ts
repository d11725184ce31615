/**
 * `rpop remote add`, `change`, `remove`: one record, its keys as options (spec 4, 9).
 */
import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { FailureError, type Result } from "../../core/failure.ts";
import type { RecordValues, RemoteAccountReport } from "../../manage/change-remote-account.ts";
import { remoteAccountKeys } from "../../manage/configuration-file/remote-account-keys.ts";
import { textKeys } from "../../manage/configuration-file/text-keys.ts";
import { peopleText } from "../../manage/wire-text.ts";
import { manageAs } from "../acting.ts";
import { type Cli, type Session, usageError } from "../cli.ts";
import { exitCodes } from "../exit-code.ts";
import { readAll } from "../read-input.ts";
import { diffText } from "../render/diff.ts";
import { escapeText } from "../render/escape.ts";
import { mistakeSentence, warningSentence } from "../render/mistakes.ts";
import { wholeNumber } from "../whole-number.ts";

export function remoteAddCommand(cli: Cli) {
  const { help } = cli.words.records;
  const command = cli.command("add", help.add);
  command.addOption(new Option("--owner <OWNER>", help.add.owner));
  keyOptions(cli, command);
  return command.addOption(new Option("--as <NAME>", help.as)).action((options) =>
    cli.run(async (session) => {
      const given = options as GivenOptions;
      const values = await valuesOf(session, given);
      for (const key of ["account", "server"]) {
        if (!(key in values)) throw usageError(cli.words.records.option(flagOf(key)), "remote add");
      }
      const { addRemoteAccount } = await import("../../manage/change-remote-account.ts");
      const manage = await manageAs(session, given.as);
      // A user's own accounts need no owner named.
      const owner = given.owner ?? given.as ?? null;
      return tell(session, await addRemoteAccount(manage, { owner, values }), cli.words.records.added);
    }),
  );
}

export function remoteChangeCommand(cli: Cli) {
  const { help } = cli.words.records;
  const command = cli.command("change", help.change).argument("<NAME>", cli.words.help.poll.names);
  keyOptions(cli, command);
  return command
    .addOption(new Option("--if-version <N>", help.change.version))
    .addOption(new Option("--delete-left <NUMBER>", cli.words.help.apply.deleteLeft))
    .addOption(new Option("--as <NAME>", help.as))
    .action((name, options) =>
      cli.run(async (session) => {
        const given = options as GivenOptions;
        const values = await valuesOf(session, given);
        const { changeRemoteAccount } = await import("../../manage/change-remote-account.ts");
        const manage = await manageAs(session, given.as);
        const version = given.ifVersion === undefined ? {} : { version: Number(given.ifVersion) };
        const deleteLeft = wholeNumber(session, "--delete-left", given.deleteLeft, "remote change");
        const left = deleteLeft === undefined ? {} : { deleteLeft };
        const report = await changeRemoteAccount(manage, { name, values, ...version, ...left });
        return tell(session, report, cli.words.records.changed);
      }),
    );
}

export function remoteRemoveCommand(cli: Cli) {
  const { help, removed } = cli.words.records;
  return cli
    .command("remove", help.remove)
    .argument("<NAME...>", cli.words.help.poll.names)
    .addOption(new Option("--as <NAME>", help.as))
    .action((names, options) =>
      cli.run(async (session) => {
        const { removeRemoteAccounts } = await import("../../manage/change-remote-account.ts");
        const manage = await manageAs(session, options.as as string | undefined);
        return tell(session, await removeRemoteAccounts(manage, { names }), removed);
      }),
    );
}

type GivenOptions = Readonly<Record<string, string | undefined>>;

/** `--leave-on-server` for `leaveOnServer`. */
function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function keyOptions(cli: Cli, command: CommandUnknownOpts): void {
  for (const key of remoteAccountKeys) {
    command.addOption(new Option(`${flagOf(key)} <VALUE>`, cli.words.records.help.keys[key] ?? ""));
  }
}

/** Values as a file would hold them: `true` is a flag's word, except where a key holds text. */
async function valuesOf({ output }: Session, given: GivenOptions): Promise<RecordValues> {
  const values: Record<string, unknown> = {};
  for (const key of remoteAccountKeys) {
    const text = given[key];
    if (text === undefined) continue;
    const isFlag = !textKeys.has(key) && (text === "true" || text === "false");
    values[key] = text === "" ? null : isFlag ? text === "true" : text;
  }
  if (values.password === "-") {
    const line = Buffer.from(await readAll(output.streams.stdin)).toString("utf8");
    values.password = line.replace(/\r?\n$/, "");
  }
  return values;
}

function tell(session: Session, result: Result<RemoteAccountReport>, done: (name: string) => string): number {
  if (!result.ok) throw new FailureError(result.failure);
  const { words, output, json, quiet } = session;
  const { mistakes, warnings, diff, account } = result.value;
  const sentences = mistakes.map((mistake) => {
    const key = mistake.path.join(".");
    return {
      code: mistake.code,
      key,
      params: mistake.params,
      sentence: mistakeSentence(words, { ...mistake, path: key }),
    };
  });
  const notes = warnings.map((warning) => ({ ...warning, sentence: warningSentence(words, warning) }));
  if (json) {
    const record = account === null ? {} : { id: account.id, version: account.version };
    output.json({ ...record, changes: diff, warnings: notes, mistakes: sentences });
  }
  for (const { sentence } of sentences) output.error(`rpop: ${sentence}`);
  if (sentences.length > 0) return exitCodes.usage;
  for (const { sentence } of notes) output.error(`${words.terms.warning}: ${sentence}`);
  if (json || quiet) return exitCodes.ok;
  const name = account === null ? "" : escapeText(`${peopleText(account.login)}@${account.server}`);
  if (diff.length === 0) output.line(words.records.unchanged(name));
  else output.line(diffText(words, diff, output));
  const [only] = diff;
  if (only)
    output.line(
      (only.change === "remove" ? words.records.removed : done)(
        diff.map((one) => escapeText(one.name)).join(", "),
      ),
    );
  return exitCodes.ok;
}

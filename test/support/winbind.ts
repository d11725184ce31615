/**
 * NTLM for Dovecot, which has none of its own: it asks Samba's `ntlm_auth`, told one password and no domain controller.
 *
 * Order of calls: `prepareWinbind`, `startDovecot` with its `dovecotConfig` and the mechanism `ntlm`, and at the end
 * `await using`, Dovecot first.
 */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryDirectory } from "./temporary-directory.ts";
import { findProgram } from "./tools.ts";

export interface Winbind extends AsyncDisposable {
  /** Lines for `extraConfig` of `startDovecot`. Whatever domain a login names, the maildrop is that of its user. */
  readonly dovecotConfig: string;
}

/**
 * Writes what Samba needs into a temporary directory.
 *
 * @throws when `ntlm_auth` is not installed (Debian: winbind)
 */
export async function prepareWinbind(password: string): Promise<Winbind> {
  const ntlmAuth = findProgram("ntlm_auth");
  if (ntlmAuth === undefined) throw new Error("ntlm_auth is not installed (apt-get install winbind)");
  const directory = await temporaryDirectory("winbind");
  await chmod(directory.path, 0o755);
  // Dovecot runs the program as a user of its own.
  const state = join(directory.path, "state");
  await mkdir(state);
  await chmod(state, 0o777);
  const configuration = join(directory.path, "smb.conf");
  const folders = ["state", "private", "cache", "lock", "pid"].map((name) => {
    return `  ${name === "private" ? "private dir" : `${name} directory`} = ${state}\n`;
  });
  await writeFile(
    configuration,
    `[global]\n  workgroup = EXAMPLE\n  netbios name = POP\n${folders.join("")}`,
  );
  const helper = join(directory.path, "ntlm-auth");
  const options = ["--username=any", `--password=${password}`, `--configfile=${configuration}`];
  // Dovecot names the protocol as the program's argument.
  await writeFile(helper, `#!/bin/sh\nexec ${[ntlmAuth, ...options].map(shellQuoted).join(" ")} "$@"\n`);
  await chmod(helper, 0o755);
  return {
    dovecotConfig: `
auth_use_winbind = yes
auth_winbind_helper_path = ${helper}
auth_username_format = %Ln`,
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

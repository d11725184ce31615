/**
 * The part of an OAuth provider that a mail server asks whether a token is good (RFC 7662), and how Dovecot asks it.
 */
import { chmod, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { temporaryDirectory } from "./temporary-directory.ts";

export interface OauthProvider extends AsyncDisposable {
  /** Lines for `extraConfig` of `startDovecot`. */
  readonly dovecotConfig: string;
}

/** Listens on 127.0.0.1. @param tokens good tokens, and whose they are */
export async function startOauthProvider(tokens: ReadonlyMap<string, string>): Promise<OauthProvider> {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.once("end", () => {
      const username = tokens.get(new URLSearchParams(body).get("token") ?? "");
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(username === undefined ? { active: false } : { active: true, username }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const directory = await temporaryDirectory("oauth");
  await chmod(directory.path, 0o755);
  const file = join(directory.path, "dovecot-oauth2.conf");
  await writeFile(
    file,
    `introspection_mode = post
introspection_url = http://127.0.0.1:${port}/introspect
username_attribute = username
active_attribute = active
active_value = true
`,
  );
  return {
    dovecotConfig: `
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = ${file}
}`,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await directory[Symbol.asyncDispose]();
    },
  };
}

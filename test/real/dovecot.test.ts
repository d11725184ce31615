/** Dovecot as our tests use it: what they count on when they judge RPOP by it. */
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { startDovecot } from "../support/dovecot.ts";
import { lacks } from "../support/tools.ts";
import { startTranscriptProxy } from "../support/transcript-proxy.ts";

const messages = ["Subject: one\n\nbody\n", "Subject: two\n\n.dot\n", "Subject: three\n\nlast"].map((text) =>
  Buffer.from(text),
);

describe.skipIf(lacks("dovecot", "openssl"))("Dovecot in tests", () => {
  test("keeps our order, and counts what a session fetched and deleted", async () => {
    await using dovecot = await startDovecot({ users: [{ login: "ann@example.com", password: 'p:w"é' }] });
    await dovecot.addMail("ann@example.com", messages);
    await using proxy = await startTranscriptProxy(dovecot.pop3Port);

    const said = await say(proxy.port, [
      "USER ann@example.com",
      'PASS p:w"é',
      "LIST",
      "RETR 2",
      "RETR 3",
      "DELE 2",
      "QUIT",
    ]);

    expect(said).toContain("\r\n1 22\r\n2 22\r\n3 22\r\n.\r\n");
    expect(said).toContain("Subject: two\r\n\r\n..dot\r\n.\r\n");
    expect(await dovecot.sessionsEnded(1)).toEqual([
      { login: "ann@example.com", retrieved: 2, topped: 0, deleted: 1, messages: 3, ending: "Logged out" },
    ]);
    const left = await Promise.all((await dovecot.mailbox("ann@example.com")).map((path) => readFile(path)));
    expect(left).toEqual([messages[0], messages[2]]);
    expect(proxy.count("RETR")).toBe(2);
    expect(proxy.lines.at(-1)).toBe("QUIT");
  });

  test("ends with nothing left behind", async () => {
    const dovecot = await startDovecot({ users: [{ login: "ann", password: "pw" }] });
    await dovecot.stop();
    await expect(say(dovecot.pop3Port, ["QUIT"])).rejects.toThrow("ECONNREFUSED");
    await expect(readFile(dovecot.certificates.caFile)).rejects.toThrow("ENOENT");
    expect(() => process.kill(dovecot.processId, 0)).toThrow("ESRCH");
  });
});

/** Sends all lines at once (Dovecot pipelines) and answers with everything the server said until it closed. */
function say(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () =>
      socket.write(lines.map((line) => `${line}\r\n`).join("")),
    );
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.once("error", reject);
    socket.once("end", () => resolve(text));
  });
}

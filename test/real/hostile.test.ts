/** Servers that mean harm or are broken, beside good ones: they cost their own accounts, nobody else's. */
import { expect, test } from "vitest";
import type { ProviderFault } from "../../src/demo/faults.ts";
import { MemoryMaildrop, storedMessage } from "../../src/demo/maildrop.ts";
import { type Provider, type ProviderOptions, startProvider } from "../../src/demo/provider.ts";
import { deliveredIn } from "../support/delivered.ts";
import { applyFile, rpop } from "../support/rpop.ts";
import { sampleMessage } from "../support/sample-messages.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const password = "s3cret";
const faults: readonly ProviderFault[] = [
  { kind: "silent" },
  { kind: "endless-line" },
  { kind: "drip", bytesPerSecond: 1 },
];

/** Providers that stop together. */
class Providers implements AsyncDisposable {
  readonly #started: Provider[] = [];

  async start(options: ProviderOptions): Promise<Provider> {
    const provider = await startProvider(options);
    this.#started.push(provider);
    return provider;
  }

  async [Symbol.asyncDispose]() {
    for (const provider of this.#started) await provider.stop();
  }
}

test("twenty good servers are served beside one silent, one endless and one dripping", async () => {
  await using data = await temporaryDirectory("hostile");
  await using servers = new Providers();
  const good = Array.from({ length: 20 }, (_, index) => ({
    login: `good${index}`,
    faults: [] as ProviderFault[],
  }));
  const bad = faults.map((fault) => ({ login: fault.kind, faults: [fault] }));
  const started = [];
  for (const [index, { login, faults: own }] of [...bad, ...good].entries()) {
    const maildrop = new MemoryMaildrop([storedMessage("one", sampleMessage(index, 2000))]);
    const accounts = (name: string) => (name === login ? { password, maildrop } : undefined);
    const provider = await servers.start({ accounts, faults: own });
    started.push({ login, maildrop, port: provider.port });
  }
  await applyFile(data.path, {
    settings: {
      allowSelfPoll: true,
      allowPrivateHosts: true,
      timeouts: { greeting: "2s", reply: "2s", listing: "2s", idle: "2s", quit: "2s" },
    },
    domains: [
      {
        name: "example.com",
        main: true,
        accounts: started.map(({ login, port }) => ({
          name: login,
          remoteAccounts: [{ account: login, server: `127.0.0.1:${port}`, password, tls: "off" }],
        })),
      },
    ],
  });

  const { code } = await rpop(data.path, ["poll", "--all", "--quiet"]);

  expect(code).toBe(75);
  for (const { login, maildrop } of started) {
    const delivered = [];
    for await (const { message } of deliveredIn(`${data.path}/mail/${login}@example.com`))
      delivered.push(message);
    const isGood = login.startsWith("good");
    expect({ login, delivered: delivered.length, left: maildrop.messages.length }).toEqual({
      login,
      delivered: isGood ? 1 : 0,
      left: isGood ? 0 : 1,
    });
  }
  const listed = JSON.parse((await rpop(data.path, ["remote", "list", "--json"])).stdout) as {
    account: string;
    lastCode: string | null;
  }[];
  const codes = Object.fromEntries(listed.map(({ account, lastCode }) => [account, lastCode]));
  expect(codes).toMatchObject({
    silent: "timeout",
    "endless-line": "limit-exceeded",
    drip: "timeout",
    good0: null,
  });
});

import { expect, test } from "vitest";
import { openManage } from "../../test/support/manage.ts";
import type { QueueEntryRecord } from "../store/records.ts";
import { liveConfiguration } from "./live-configuration.ts";

const entry = (accountId: string, localPart: string) =>
  ({
    target: { kind: "local", accountId },
    recipient: { localPart, domain: "example.com" },
  }) as unknown as QueueEntryRecord;

test("settings and directory follow the database, in the objects that were handed out", async () => {
  await using manage = await openManage();
  const { store, dataDir } = manage.context;
  await manage.apply(`
settings: { channels: 7 }
domains: [{ name: example.com, main: true, accounts: [{ name: alice }] }]
`);
  const live = liveConfiguration(store, await store.readDirectory(), dataDir);
  const { settings, directory } = live;
  const [alice] = (await store.readDirectory()).accounts;
  expect(settings).toMatchObject({ channels: 7, channelsPerHost: 8 });
  expect(directory.resolve(entry(alice?.id ?? "", "alice"))).toMatchObject({
    destination: `maildir:${dataDir}/mail/alice@example.com`,
  });

  await manage.apply(`
settings: { channels: null, channelsPerHost: 3, serverName: mx.example.com }
domains: [{ name: example.com, ipAddresses: [192.0.2.7], accounts: [{ name: alice, destination: "maildir:/srv/alice" }] }]
`);
  expect(settings.channels).toBe(7);
  await live.refresh();
  expect(settings).toMatchObject({ channels: 100, channelsPerHost: 3, serverName: "mx.example.com" });
  expect(directory.resolve(entry(alice?.id ?? "", "alice"))).toMatchObject({
    destination: "maildir:/srv/alice",
  });
  expect(alice && directory.domainAddresses(alice.id)).toEqual(["192.0.2.7"]);
  expect(live.version).toBe(await store.configurationVersion());
});

test("a value that cannot be read changes nothing", async () => {
  await using manage = await openManage();
  const { store, dataDir } = manage.context;
  await manage.apply("settings: { channels: 7 }\ndomains: [{ name: example.com, main: true }]\n");
  const live = liveConfiguration(store, await store.readDirectory(), dataDir);
  const { version } = live;
  await store.applyChanges(await store.configurationVersion(), [
    { kind: "set-setting", key: "channelsPerHost", value: 3 },
    { kind: "set-setting", key: "channels", value: "many" },
  ]);
  await expect(live.refresh()).rejects.toMatchObject({ failure: { code: "bad-value" } });
  expect(live.settings).toMatchObject({ channels: 7, channelsPerHost: 8 });
  expect(live.version).toBe(version);
});

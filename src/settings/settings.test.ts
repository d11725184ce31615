import { expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { settingDefinition, settingKeys } from "./definitions.ts";
import { loadSettings } from "./load.ts";

test("without anything stored, every setting has the default of the specification", () => {
  expect(loadSettings({})).toEqual({
    logLevel: "major",
    logLevelPinned: false,
    channels: 100,
    delayFailedHostsMs: 600_000,
    delayFailedAccountsMs: 1_800_000,
    defaultIpAddress: "osDefault",
    useDomainIpAddresses: false,
    useApop: true,
    allowSelfPoll: false,
    minimumPollIntervalMs: 300_000,
    accountsPerUser: 10,
    activitySchedule: "always",
    channelsPerHost: 8,
    maxMessageSizeBytes: 536_870_912,
    timeouts: {
      connectMs: 30_000,
      tlsHandshakeMs: 30_000,
      greetingMs: 60_000,
      replyMs: 180_000,
      listingMs: 600_000,
      idleMs: 120_000,
      quitMs: 30_000,
      visitMs: 3_600_000,
      visitHardMs: 21_600_000,
    },
    minimumRate: { bytesPerSecond: 1024, overMs: 300_000 },
    forgetUidsAfterMs: 2_592_000_000,
    mergeCopies: true,
    queueLifetimeMs: 432_000_000,
    keepUndeliverableMs: 2_592_000_000,
    keepLedgerMs: 7_776_000_000,
    relay: null,
    minFreeSpaceBytes: 1_073_741_824,
    serverName: null,
    timeZone: null,
    ownAddresses: [],
    allowPrivateHosts: false,
    dnsServers: [],
    userPorts: [110, 995],
  });
});

test.each(settingKeys)("%s: its default is written and read back unchanged", (key) => {
  const definition = settingDefinition(key);
  // null is "not set": it is never stored.
  if (definition.default === null) return;
  expect(definition.read(definition.write(definition.default))).toEqual({
    ok: true,
    value: definition.default,
  });
});

test.each(settingKeys)("%s has a label and help in both languages", (key) => {
  const { label, help } = settingDefinition(key);
  for (const text of [label.en, label.ja, help.en, help.ja]) expect(text).not.toBe("");
  expect(help.ja).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
  expect(help.en).not.toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
});

const good = [
  { key: "delayFailedHosts", json: "1h30m", value: 5_400_000 },
  { key: "minFreeSpace", json: "2GB", value: 2_000_000_000 },
  { key: "maxMessageSize", json: 1000, value: 1000 },
  { key: "minimumRate", json: "10KiB/s over 5s", value: { bytesPerSecond: 10_240, overMs: 5000 } },
  { key: "minimumRate", json: "1KiB", value: { bytesPerSecond: 1024, overMs: 300_000 } },
  { key: "minimumRate", json: 0, value: { bytesPerSecond: 0, overMs: 300_000 } },
  { key: "relay", json: "smtp://mail.example.com:25", value: "smtp://mail.example.com:25" },
  { key: "defaultIpAddress", json: "2001:db8::1", value: "2001:db8::1" },
  { key: "activitySchedule", json: { windows: [] }, value: { timeZone: null, windows: [] } },
  {
    key: "activitySchedule",
    json: { timeZone: "Asia/Tokyo", windows: [{ days: ["tue", "mon"], from: "08:00", to: "24:00" }] },
    value: { timeZone: "Asia/Tokyo", windows: [{ days: ["mon", "tue"], fromMinute: 480, toMinute: 1440 }] },
  },
  {
    key: "activitySchedule",
    json: { windows: [{ days: ["sun"], from: "22:00", to: "6:00" }] },
    value: { timeZone: null, windows: [{ days: ["sun"], fromMinute: 1320, toMinute: 360 }] },
  },
] as const;

test.each(good)("$key takes $json", ({ key, json, value }) => {
  const definition = settingDefinition(key);
  expect(definition.read(json)).toEqual({ ok: true, value });
  expect(definition.read(definition.write(value))).toEqual({ ok: true, value });
});

const bad = [
  { key: "channels", json: -1, codes: ["expected-integer"] },
  { key: "channels", json: "100", codes: ["expected-integer"] },
  { key: "channels", json: 1.5, codes: ["expected-integer"] },
  { key: "delayFailedHosts", json: 600, codes: ["expected-duration"] },
  { key: "minimumPollInterval", json: "10ms", codes: ["expected-duration"] },
  { key: "logLevel", json: "loud", codes: ["expected-choice"] },
  { key: "useApop", json: "yes", codes: ["expected-flag"] },
  { key: "relay", json: "maildir:/x", codes: ["expected-destination"] },
  { key: "timeZone", json: "Mars/Phobos", codes: ["expected-time-zone"] },
  { key: "serverName", json: "bad name", codes: ["expected-host-name"] },
  {
    key: "ownAddresses",
    json: ["192.0.2.1", "x", "y"],
    codes: ["expected-ip-address", "expected-ip-address"],
  },
  {
    key: "dnsServers",
    json: ["192.0.2.53", "[2001:db8::53]:5353", "192.0.2.53:0", "ns.example"],
    codes: ["expected-name-server", "expected-name-server"],
  },
  { key: "userPorts", json: [0], codes: ["expected-integer"] },
  { key: "timeouts", json: { idle: "1m", idel: "1m", quit: 5 }, codes: ["unknown-key", "expected-duration"] },
  { key: "activitySchedule", json: "never", codes: ["expected-schedule"] },
  {
    key: "activitySchedule",
    json: { windows: [{ days: [], from: "8:00", to: "9:00" }] },
    codes: ["expected-days"],
  },
  {
    key: "activitySchedule",
    json: { windows: [{ days: ["mon"], from: "24:00", to: "9:60" }] },
    codes: ["expected-time-of-day", "expected-time-of-day"],
  },
  {
    key: "activitySchedule",
    json: { windows: [{ days: ["mon"], from: "8:00", to: "8:00" }] },
    codes: ["expected-time-of-day"],
  },
  { key: "activitySchedule", json: { zone: "x", windows: [] }, codes: ["unknown-key"] },
] as const;

test.each(bad)("$key refuses $json", ({ key, json, codes }) => {
  const reading = settingDefinition(key).read(json);
  expect(reading.ok ? [] : reading.problems.map(({ code }) => code)).toEqual(codes);
});

test("time-outs that are not named keep their default, and only the others are stored", () => {
  const definition = settingDefinition("timeouts");
  const reading = definition.read({ idle: "1s", quit: "30s" });
  expect(reading.ok && definition.write(reading.value)).toEqual({ idle: "1s" });
  expect(loadSettings({ timeouts: { idle: "1s" } }).timeouts).toMatchObject({ idleMs: 1000, quitMs: 30_000 });
});

test("a stored value that cannot be read stops the start; a key of a newer program does not", () => {
  expect(() => loadSettings({ channels: "many" })).toThrow(FailureError);
  expect(loadSettings({ somethingNewer: 1 }).channels).toBe(100);
});

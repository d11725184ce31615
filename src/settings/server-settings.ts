/**
 * The settings that go beyond the original's page (spec 3, B).
 */
import { DAY, HOUR, MINUTE, SECOND } from "../core/time.ts";
import { setting } from "./setting.ts";
import {
  duration,
  flag,
  hostName,
  integer,
  ipAddresses,
  nameServers,
  ports,
  rate,
  relay,
  size,
  type Timeouts,
  timeouts,
  timeZone,
} from "./setting-kinds.ts";

const GIBIBYTE = 1024 ** 3;
const TEBIBYTE = 1024 ** 4;

/** */
const defaultTimeouts: Timeouts = {
  connectMs: 30 * SECOND,
  tlsHandshakeMs: 30 * SECOND,
  greetingMs: 60 * SECOND,
  replyMs: 180 * SECOND,
  listingMs: 10 * MINUTE,
  idleMs: 120 * SECOND,
  quitMs: 30 * SECOND,
  visitMs: HOUR,
  visitHardMs: 6 * HOUR,
};

export const serverSettings = {
  channelsPerHost: setting(integer(1, 10_000), {
    default: 8,
    group: "visits",
    label: { en: "Channels per host", ja: "ホストあたりのチャンネル数" },
    help: {
      en: "The most visits at once to one host.",
      ja: "1 つのホストに対して同時に使われるチャンネルの最大数です。",
    },
  }),
  maxMessageSize: setting(size(1, TEBIBYTE), {
    default: 512 * 1024 ** 2,
    group: "visits",
    label: { en: "Largest message", ja: "メッセージサイズの上限" },
    help: {
      en: "Larger messages are left at the provider, never deleted, and shown as skipped.",
      ja: "これより大きいメッセージは取り出さずにプロバイダに残します。削除されることはありません。",
    },
  }),
  timeouts: setting(timeouts(defaultTimeouts), {
    default: defaultTimeouts,
    group: "visits",
    label: { en: "Time-outs", ja: "タイムアウト" },
    help: {
      en: "connect, tlsHandshake, greeting, reply, listing, idle, quit: how long one step may take. After visit no further message is asked for; after visitHard the visit is cut. A part that is not named keeps its default.",
      ja: "connect、tlsHandshake、greeting、reply、listing、idle、quit は各段階の制限時間です。visit を過ぎると次のメッセージを取り出さず、visitHard を過ぎると接続を切断します。指定しない項目は既定値のままです。",
    },
  }),
  minimumRate: setting(rate(), {
    default: { bytesPerSecond: 1024, overMs: 5 * MINUTE },
    group: "visits",
    label: { en: "Minimum rate", ja: "最低転送速度" },
    help: {
      en: "A message that comes more slowly than this is given up for this visit. 0B/s: any rate will do.",
      ja: "これより遅い転送は、そのポーリングでは中止します。0B/s の場合は制限しません。",
    },
  }),
  forgetUidsAfter: setting(duration(0, 3650 * DAY), {
    default: 30 * DAY,
    group: "visits",
    label: { en: "Forget UIDs after", ja: "UIDを消去するまでの期間" },
    help: {
      en: "A UID of mail left on the server is forgotten when complete listings have lacked it for this long.",
      ja: "サーバーに残したメールの UID は、この期間リストに現れなかった場合に消去されます。",
    },
  }),
  mergeCopies: setting(flag(), {
    default: true,
    group: "delivery",
    label: { en: "Merge copies", ja: "重複したコピーをまとめる" },
    help: {
      en: "A unified account whose provider stores one copy for each recipient: each recipient gets the message once.",
      ja: "プロバイダが受取人ごとにコピーを格納する統合ドメインワイドアカウントで、各受取人に 1 通だけ配信します。",
    },
  }),
  queueLifetime: setting(duration(MINUTE, 365 * DAY), {
    default: 5 * DAY,
    group: "delivery",
    label: { en: "Queue lifetime", ja: "キューの保持期間" },
    help: {
      en: "A delivery that keeps failing for this long counts as failed for good.",
      ja: "配信の失敗がこの期間続くと、配信不可能とみなされます。",
    },
  }),
  keepUndeliverable: setting(duration(HOUR, 3650 * DAY), {
    default: 30 * DAY,
    group: "delivery",
    label: { en: "Keep undeliverable mail for", ja: "配信不可能なメールの保管期間" },
    help: {
      en: "Mail that failed for good and was not reported is kept for a person to see for this long.",
      ja: "配信に失敗し、送信者にレポートされなかったメールを保管する期間です。",
    },
  }),
  keepLedger: setting(duration(DAY, 3650 * DAY), {
    default: 90 * DAY,
    group: "server",
    label: { en: "Keep the ledger for", ja: "履歴の保管期間" },
    help: {
      en: "How long rpop trace and rpop verify can tell what happened to a message. Older rows are removed.",
      ja: "rpop trace と rpop verify でメッセージの経路を確認できる期間です。これより古い履歴は削除されます。",
    },
  }),
  relay: setting(relay(), {
    default: null,
    group: "delivery",
    label: { en: "Relay", ja: "リレー" },
    help: {
      en: "Where mail that is not ours goes: error reports, redirects. Without it such mail is kept as undeliverable.",
      ja: "当サーバー以外に宛てたメール (エラーレポートや転送) の送信先です。指定しない場合、そのようなメールは配信不可能として保管されます。",
    },
  }),
  minFreeSpace: setting(size(0, 1024 * TEBIBYTE), {
    default: GIBIBYTE,
    group: "server",
    label: { en: "Minimum free space", ja: "ディスクの最低空き容量" },
    help: {
      en: "Below this no message is fetched; mail is safest at the provider. Deliveries go on.",
      ja: "空き容量がこれを下回ると取り出しを停止します。メールはプロバイダに残り、配信は続けられます。",
    },
  }),
  serverName: setting(hostName(), {
    default: null,
    group: "server",
    label: { en: "Server name", ja: "サーバー名" },
    help: {
      en: "The name this server gives itself in Received fields and reports. Not set: the system's name.",
      ja: "Received フィールドやレポートで使われるこのサーバーの名前です。指定しない場合はシステムの名前を使います。",
    },
  }),
  timeZone: setting(timeZone(), {
    default: null,
    group: "server",
    label: { en: "Time zone", ja: "タイムゾーン" },
    help: {
      en: "The zone in which times are shown. Not set: the system's zone.",
      ja: "時刻の表示に使われるタイムゾーンです。指定しない場合はシステムの設定を使います。",
    },
  }),
  ownAddresses: setting(ipAddresses(), {
    default: [],
    group: "server",
    label: { en: "Own addresses", ja: "自サーバーのアドレス" },
    help: {
      en: "Further addresses that lead to this server, for the self-poll check: those of a router or balancer.",
      ja: "このサーバーに到達するその他のアドレス (ルーターなど) です。セルフポールの検査に使われます。",
    },
  }),
  allowPrivateHosts: setting(flag(), {
    default: false,
    group: "server",
    label: { en: "Allow private hosts", ja: "プライベートアドレスのホストを許可" },
    help: {
      en: "Allows users' records to reach this machine and private networks. Administrators' own records always may.",
      ja: "ユーザーのレコードからこのサーバー自身やプライベートネットワークへの接続を許可します。管理者のレコードは常に接続できます。",
    },
  }),
  dnsServers: setting(nameServers(), {
    default: [],
    group: "server",
    label: { en: "DNS servers", ja: "DNS サーバー" },
    help: {
      en: "Addresses of the name servers to ask, with a port where it is not 53. Empty: the system's.",
      ja: "名前の解決に使われる DNS サーバーのアドレスです (ポートが 53 以外の場合は ADDRESS:PORT)。空の場合はシステムの設定を使います。",
    },
  }),
  userPorts: setting(ports(), {
    default: [110, 995],
    group: "users",
    label: { en: "Ports for users", ja: "ユーザーが指定できるポート" },
    help: {
      en: "The ports that users' records may name.",
      ja: "ユーザーのレコードで指定できるポート番号です。",
    },
  }),
};

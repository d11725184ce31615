/**
 * The settings of the original's page, with its labels (spec 3, seed statements 9 to 24).
 */
import { logLevels } from "../core/log.ts";
import { DAY, MINUTE } from "../core/time.ts";
import { activitySchedule } from "./activity-schedule.ts";
import { offeredIntervals, setting } from "./setting.ts";
import { choice, duration, flag, integer, sourceAddress } from "./setting-kinds.ts";

export const moduleSettings = {
  logLevel: setting(choice(logLevels), {
    default: "major",
    group: "processing",
    label: { en: "Log", ja: "ログレベル" },
    help: {
      en: "Normally major (what was transferred) or problems (also non-fatal errors). lowLevel (the dialogue, secrets replaced) and allInfo (link level) make log files grow quickly and go back by themselves after one hour.",
      ja: "通常は major (メッセージ転送) または problems (非致命的エラーも記録) にします。lowLevel (プロトコルの記録、パスワードは伏せられます) と allInfo (リンクレベル) ではログファイルが急速に大きくなるため、1 時間後に自動的に元に戻ります。",
    },
  }),
  logLevelPinned: setting(flag(), {
    default: false,
    group: "processing",
    label: { en: "Keep the log level", ja: "ログレベルを固定" },
    help: {
      en: "true: lowLevel and allInfo stay until they are changed. The log then grows fast; files are still bounded.",
      ja: "true にすると、lowLevel と allInfo は変更するまで維持されます。ログファイルは急速に大きくなります (合計の上限はあります)。",
    },
  }),
  channels: setting(integer(0, 10_000), {
    default: 100,
    group: "processing",
    label: { en: "Channels", ja: "プロセス" },
    help: {
      en: "The most visits at once. 0 stops the module.",
      ja: "同時に使われるチャンネルの最大数です。0 にするとモジュールは停止します。",
    },
  }),
  delayFailedHosts: setting(duration(0, 30 * DAY), {
    default: 10 * MINUTE,
    group: "processing",
    label: { en: "Delay failed hosts for", ja: "フェールしたホストの再送間隔" },
    help: {
      en: "A host that cannot be reached is marked failed, and all its accounts rest for this long.",
      ja: "接続に失敗したホストには「失敗」マークが付加され、そのホスト上のすべてのアカウントのポーリングがこの時間停止します。",
    },
    offered: offeredIntervals,
  }),
  delayFailedAccounts: setting(duration(0, 30 * DAY), {
    default: 30 * MINUTE,
    group: "processing",
    label: { en: "Delay failed accounts for", ja: "フェールしたアカウントの再送間隔" },
    help: {
      en: "After a refused login, a locked maildrop or a failed retrieval the account rests for this long. A password refused again doubles the rest, at most to one day.",
      ja: "パスワードの間違い、メールボックスのロック、取り出しの失敗があったアカウントは、この時間待ってから再開します。パスワードの拒否が続くと待ち時間は倍になります (最長 1 日)。",
    },
    offered: offeredIntervals,
  }),
  defaultIpAddress: setting(sourceAddress(), {
    default: "osDefault",
    group: "source",
    label: { en: "Default IP address", ja: "デフォルトIPアドレス" },
    help: {
      en: "Source address of our POP3 connections. osDefault lets the system choose.",
      ja: "POP3 接続で使われるソースネットワークアドレスです。osDefault ではシステムが選択します。",
    },
  }),
  useDomainIpAddresses: setting(flag(), {
    default: false,
    group: "source",
    label: { en: "Use domain IP addresses", ja: "ドメインのIPアドレスの使用" },
    help: {
      en: "Personal accounts leave from the first IP address assigned to their owner's domain. Unified accounts always use the default IP address.",
      ja: "アカウントレベルのレコードでは、ドメインに割り当てられている最初のIPアドレスを使います。統合ドメインワイドアカウントでは、デフォルトIPアドレスを使います。",
    },
  }),
  useApop: setting(flag(), {
    default: true,
    group: "processing",
    label: { en: "Use APOP", ja: "APOPの使用" },
    help: {
      en: "Allows APOP where a record asks for it and the host offers it. false: never APOP.",
      ja: "レコードで APOP が有効で、ホストでサポートされていれば、セキュアAPOPで認証します。false にすると APOP は使われません。",
    },
  }),
  allowSelfPoll: setting(flag(), {
    default: false,
    group: "processing",
    label: { en: "Allow self-poll", ja: "セルフポールを許可" },
    help: {
      en: "false: an account on this very server is not polled, because it would be a mail loop.",
      ja: "false の場合、このサーバー自身のアカウントはポーリングされません。メールループを回避するためです。",
    },
  }),
  minimumPollInterval: setting(duration(1000, 30 * DAY), {
    default: 5 * MINUTE,
    group: "users",
    label: { en: "Minimum poll interval for users", ja: "ユーザーの最少ポール間隔" },
    help: {
      en: "Users cannot choose a shorter one. Administrators can.",
      ja: "ユーザーはこれより短い時間間隔を指定できません。管理者は自由に設定できます。",
    },
    offered: offeredIntervals,
  }),
  accountsPerUser: setting(integer(0, 1_000_000), {
    default: 10,
    group: "users",
    label: { en: "Accounts per user", ja: "ユーザーあたりの最大アカウント数" },
    help: {
      en: "Users cannot define more. Administrators can.",
      ja: "ユーザーはこれより多く指定できません。管理者は必要な数だけ指定できます。",
    },
  }),
  activitySchedule: setting(activitySchedule(), {
    default: "always",
    group: "processing",
    label: { en: "TCP activity schedule", ja: "TCP アクティビティスケジュール" },
    help: {
      en: 'always, or weekly windows: { timeZone: Europe/Berlin, windows: [{ days: [mon, tue], from: "08:00", to: "20:00" }] }. Outside them no visit starts and no mail goes out by SMTP. No windows at all: never.',
      ja: 'always、または週単位の時間帯を指定します: { timeZone: Asia/Tokyo, windows: [{ days: [mon, tue], from: "08:00", to: "20:00" }] }。時間帯の外ではポーリングを開始せず、SMTP でも送信しません。windows が空の場合は停止します。',
    },
  }),
};

/**
 * 日本語: すべての失敗について、何が起きたか、現在の処理、できること。
 */
import type { FailureCode } from "../../core/failure.ts";
import type { FailureWords, Params } from "../params.ts";

const host = (p: Params) => `${p.host ?? "サーバー"}`;
const again = (p: Params) => (p.time ? `${p.time} に再試行します。` : "次回のポーリングで再試行します。");
const safe = (p: Params) => `${again(p)}メールはプロバイダに残っており、失われていません。`;
const retried = () => "メッセージはキューに残り、再試行されます。";
const kept = () => "メッセージは配信不可能として保管されており、失われていません。";
const nothingDone = () => "何も変更していません。";
const notStarted = () => "RPOP を開始しません。何も変更していません。";
const detail = (p: Params) => (p.detail ? ` (${p.detail})` : "");
const redirect = () =>
  "「rpop queue show」で確認し、再試行、別のアドレスへの配信、破棄のいずれかを選んでください。";
const none = () => "通常は何もする必要はありません。";

const backupTargets: Readonly<Record<string, string>> = {
  exists: "すでに内容があります",
  above: "その中にデータディレクトリがあります",
  inside: "自分自身の中にコピーされることになります",
  "no-parent": "上位のフォルダがありません",
};

export const failures: Record<FailureCode, FailureWords> = {
  dns: {
    what: (p) => `${p.host ?? "指定された名前"} という名前のサーバーは見つかりません${detail(p)}。`,
    now: safe,
    do: () =>
      "プロバイダのドメイン名ではなく、POP サーバーの名前を入力してください (pop. や mail. で始まることが多い)。",
  },
  "host-unreachable": {
    what: (p) => `${host(p)}${p.port ? ` のポート ${p.port}` : ""} に接続できません${detail(p)}。`,
    now: (p) => `そのホスト上のすべてのアカウントのポーリングを停止しています。${safe(p)}`,
    do: () => "サーバー名とポート番号を確認してください。プロバイダの障害であれば復旧をお待ちください。",
  },
  timeout: {
    what: (p) => `${host(p)} から ${p.timeout ?? "制限時間"} 以内に応答がありません。`,
    now: safe,
    do: () => "サーバー名とポート番号を確認してください。プロバイダの障害であれば復旧をお待ちください。",
  },
  tls: {
    what: (p) => `${host(p)}${p.port ? ` のポート ${p.port}` : ""} は TLS に対応していません${detail(p)}。`,
    now: (p) => `パスワードは送信していません。${again(p)}`,
    do: () => "tls を starttls にするか、ポート 995 を指定してください。",
  },
  certificate: {
    what: (p) =>
      `${host(p)} の証明書が正しくありません${p.reason || p.detail ? `: ${p.reason ?? p.detail}` : ""}。`,
    now: (p) => `パスワードは送信していません。${again(p)}`,
    do: () =>
      "プロバイダに確認してください。管理者はこの証明書を個別に信頼できます (tlsFingerprint または caFile)。",
  },
  "no-starttls": {
    what: (p) => `${host(p)} は STARTTLS に対応していません。`,
    now: (p) => `パスワードは送信していません。${again(p)}`,
    do: () => "プロバイダが対応していれば、tls を implicit にしてポート 995 を使ってください。",
  },
  "tls-injection": {
    what: (p) =>
      `${host(p)} から TLS の開始後に平文が届きました。通信の途中で書き換えられた可能性があります。`,
    now: (p) => `パスワードは送信していません。${again(p)}`,
    do: () => "別のネットワークから試してください。続く場合はプロバイダに連絡してください。",
  },
  "greeting-refused": {
    what: (p) => `${host(p)} は現在接続を受け付けていません。`,
    now: safe,
    do: () => "しばらくお待ちください。続く場合はプロバイダに確認してください。",
  },
  protocol: {
    what: (p) => `${host(p)} の応答は POP3 の形式ではありません${detail(p)}。`,
    now: safe,
    do: () => "ポート番号を確認してください。正確な応答はプロトコルの記録 (logLevel lowLevel) にあります。",
  },
  "connection-lost": {
    what: (p) => `${p.host ?? "サーバー"} との接続が切断されました。`,
    now: safe,
    do: () => "通常は何もする必要はありません。続く場合はプロバイダに確認してください。",
  },
  "limit-exceeded": {
    what: (p) => `${host(p)} から許容量を超えるデータが届きました${p.limit ? ` (上限 ${p.limit})` : ""}。`,
    now: safe,
    do: () => "サーバーの応答についてプロバイダに確認してください。上限はこのサーバーを守るためのものです。",
  },
  "self-poll": {
    what: (p) => `${host(p)} はこのサーバー自身です。メールループが発生します。`,
    now: () => "パスワードは送信していません。このアカウントのポーリングは行いません。",
    do: () => "プロバイダのサーバーを指定してください。管理者はセルフポールを許可できます (allowSelfPoll)。",
  },
  "private-host": {
    what: (p) => `${host(p)} はプライベートネットワーク内にあります。`,
    now: () => "パスワードは送信していません。このアカウントのポーリングは行いません。",
    do: () => "管理者のみ許可できます (allowPrivateHosts)。",
  },
  "auth-refused": {
    what: (p) => `${host(p)} がパスワードを受け付けませんでした。`,
    now: safe,
    do: () => "パスワードを入力し直してください。アプリ用パスワードが必要なプロバイダもあります。",
  },
  "auth-unavailable": {
    what: (p) => `${host(p)} では、使用できる認証方式がありません${p.method ? ` (指定: ${p.method})` : ""}。`,
    now: (p) => `パスワードは送信していません。${again(p)}`,
    do: () => "auth を auto にし、TLS を有効にしてください。",
  },
  "auth-needs-tls": {
    what: (p) => `認証方式${p.method ? ` ${p.method} ` : ""}は TLS なしでは使用しません。`,
    now: (p) => `パスワードは送信していません。${again(p)}`,
    do: () =>
      "tls を implicit または starttls にしてください。管理者は TLS なしでの使用を許可できます (allowPlain)。",
  },
  "apop-not-offered": {
    what: (p) => `${host(p)} は APOP をアドバタイズしていません。TLS なしではパスワードを送信しません。`,
    now: (p) => `パスワードは送信していません。${again(p)}`,
    do: () => "TLS を有効にするか、APOP をオフにしてください。",
  },
  "bad-credentials-text": {
    what: () => "アカウント名またはパスワードに、この認証方式では送信できない文字が含まれています。",
    now: () => "パスワードは送信していません。このアカウントのポーリングは行いません。",
    do: () => "改行を含めずに入力し直すか、別の auth を指定してください。",
  },
  "in-use": {
    what: () => "リモートのメールボックスがロックされています。",
    now: safe,
    do: () =>
      "通常は何もする必要はありません。続く場合は、他のプログラムが同じメールボックスを頻繁に開いています。",
  },
  "login-delay": {
    what: (p) => `${host(p)} はより長い接続間隔を求めています。`,
    now: safe,
    do: () => "pollEvery をより長い間隔にしてください。",
  },
  "remote-temporary": {
    what: (p) => `${host(p)} に一時的な障害が発生しています。`,
    now: safe,
    do: none,
  },
  "remote-permanent": {
    what: (p) => `${host(p)} から、担当者の対応が必要であるとの応答がありました。`,
    now: safe,
    do: () => "サーバーの応答をもとに、プロバイダに確認してください。",
  },
  "no-uidl": {
    what: (p) => `${host(p)} は UIDL コマンドをサポートしていないため、メールをサーバーに残せません。`,
    now: () => "取り出しは行っていません。",
    do: () => "leaveOnServer をオフにするか、プロバイダに確認してください。",
  },
  "no-top": {
    what: (p) => `${host(p)} は TOP コマンドをサポートしていないため、ヘッダを確認できません。`,
    now: () => "メールの取り出しや変更は行っていません。",
    do: () => "受取人がどのヘッダフィールドに記載されるか、プロバイダに確認してください。",
  },
  "first-visit-impossible": {
    what: (p) =>
      p.command === "TOP"
        ? `${host(p)} は TOP コマンドをサポートしていないため、メッセージの日付を確認できません。`
        : `${host(p)} は UIDL コマンドをサポートしていないため、メッセージを既読にできません。`,
    now: () => "取り出しは行っておらず、既読にもしていません。",
    do: (p) =>
      p.command === "TOP"
        ? "firstVisit を all または markSeen にしてください。"
        : "firstVisit を all にしてください。すべてのメッセージを取り出します。",
  },
  "maildrop-refused": {
    what: (p) => `${host(p)} のメールボックスの内容を確認できませんでした。`,
    now: safe,
    do: () => "しばらくお待ちください。続く場合はプロバイダに確認してください。",
  },
  "quit-refused": {
    what: (p) => `${host(p)} で、取り出したメッセージの削除を完了できませんでした。`,
    now: () =>
      "取り出したメッセージは格納済みです。次回のポーリングで残りを削除し、二重に取り出すことはありません。",
    do: none,
  },
  "message-refused": {
    what: (p) =>
      `${host(p)} からメッセージ 1 件${p.number ? ` (番号 ${p.number})` : ""}を取り出せませんでした。`,
    now: () => "他のメッセージは取り出しました。このメッセージは再試行します。",
    do: () => "続く場合は、プロバイダの Web メールで確認してください。",
  },
  "message-empty": {
    what: () => "内容のないメッセージが 1 件ありました。",
    now: () => "プロバイダに残し、再試行します。",
    do: () => "続く場合は、プロバイダの Web メールで確認してください。",
  },
  "message-too-large": {
    what: (p) => `${p.limit ?? "上限"} を超えるメッセージが 1 件ありました。`,
    now: () => "プロバイダに残します。削除することはありません。",
    do: () => "maxMessageSize を大きくするか、プロバイダの Web メールで確認してください。",
  },
  "message-unacceptable": {
    what: () => "内容に問題があり、受け入れられないメッセージが 1 件ありました。",
    now: () => "プロバイダに残します。他のメッセージは取り出しました。",
    do: () => "プロバイダの Web メールで確認してください。",
  },
  "unknown-user": {
    what: (p) => `${p.address ?? "その名前"} というアカウントはありません (不明のユーザー名)。`,
    now: kept,
    do: () => "アカウントまたはエイリアスを追加して再試行するか、別のアドレスに配信してください。",
  },
  "not-ours": {
    what: (p) => `${p.address ?? "このアドレス"} は当サーバーのドメインではありません。`,
    now: () => "メールは中継されません。",
    do: () => "当サーバーのドメインであれば、ドメインまたはドメインエイリアスを追加してください。",
  },
  "no-relay": {
    what: (p) => `${p.address ?? "受取人"} は他のサーバーにあり、リレーが設定されていません。`,
    now: kept,
    do: () => "relay を設定して再試行してください。",
  },
  "outside-schedule": {
    what: () => "TCP アクティビティスケジュールの時間外のため、SMTP で送信していません。",
    now: () => "メッセージは次の時間帯までキューで待機します。",
    do: () => "対処は不要です。時間帯を変えるには activitySchedule を設定してください。",
  },
  "mail-loop": {
    what: () => "このメッセージは以前にも届いています (メールループ)。",
    now: kept,
    do: () => "プロバイダへの転送設定を確認し、メッセージを破棄するか別のアドレスに配信してください。",
  },
  "maildir-vanished": {
    what: (p) => `使用中だった Maildir ${p.path ?? ""} が見つかりません。`,
    now: retried,
    do: () => "マウントまたは復元してください。新しく始める場合は、空のフォルダを作成してください。",
  },
  "maildir-unusable": {
    what: (p) => `Maildir ${p.path ?? ""} を使用できません${detail(p)}。`,
    now: retried,
    do: () => "その場所にあるもの、所有者、アクセス権を確認してください。",
  },
  "mailbox-full": {
    what: (p) => `${p.path ?? "メールボックス"} に空きがありません (容量制限)。`,
    now: retried,
    do: () => "空きを作るか、容量制限を大きくしてください。",
  },
  "destination-unsupported": {
    what: (p) => `デスティネーション ${p.destination ?? ""} への配信には、このバージョンは対応していません。`,
    now: retried,
    do: () => "destination を maildir、lmtp、smtp、pipe のいずれかにしてください。",
  },
  "destination-unusable": {
    what: (p) => `デスティネーション ${p.destination ?? ""} を使用できません${detail(p)}。`,
    now: retried,
    do: () => "デスティネーションと、そこに指定したファイルやプログラムを確認してください。",
  },
  "destination-unreachable": {
    what: (p) =>
      `${p.host ?? p.destination ?? "デスティネーション"} は現在メールを受け付けません${detail(p)}。`,
    now: () => "メッセージはキューに残り、後で再試行します。",
    do: () => "サーバーの稼働状況、アドレス、証明書、ログインを確認してください。",
  },
  "delivery-deferred": {
    what: (p) => `${p.destination ?? "デスティネーション"} はまだメッセージを受け付けません${detail(p)}。`,
    now: retried,
    do: () => "通常は何もする必要はありません。理由は相手の応答を確認してください。",
  },
  "destination-down": {
    what: (p) =>
      `${p.destination ?? "配信先"} にメールを配信できません${p.deferred ? `(待機中 ${p.deferred} 件)` : ""}。`,
    now: () =>
      "この配信先へのメールは取り出さず、プロバイダに残しています。配信できるようになると再開します。",
    do: () => "rpop queue list で理由を確認し、配信先を修復してください。",
  },
  "delivery-refused": {
    what: (p) => `${p.destination ?? "デスティネーション"} がメッセージを拒否しました${detail(p)}。`,
    now: kept,
    do: redirect,
  },
  expired: {
    what: () => "キューの保持期間内に配信できませんでした。",
    now: kept,
    do: redirect,
  },
  "disk-full": {
    what: () => "このサーバーのディスクに空きがありません。",
    now: () => "取り出しを停止しています。メールはプロバイダに残っており、失われていません。",
    do: () => "空き容量を増やしてください。取り出しは自動的に再開されます。",
  },
  "disk-low": {
    what: (p) =>
      `このサーバーのディスク容量が不足しています${p.free ? ` (空き ${p.free}、必要 ${p.limit})` : ""}。`,
    now: () => "取り出しを停止しています。配信は続けられ、メールはプロバイダに残っています。",
    do: () => "空き容量を増やすか、minFreeSpace を小さくしてください。",
  },
  database: {
    what: (p) => `データベースの処理に失敗しました${detail(p)}。`,
    now: () => "中途半端に反映されたものはありません。ポーリングを停止しています。",
    do: () =>
      "データディレクトリのディスクを確認し、ファイルが破損している場合はバックアップから復元してください。",
  },
  "database-newer": {
    what: (p) =>
      `データベースは新しいバージョンの RPOP で作成されています${p.found ? ` (形式 ${p.found}、対応 ${p.known})` : ""}。`,
    now: notStarted,
    do: () => "新しいバージョンを使うか、更新前のバックアップを復元してください。",
  },
  "database-in-use": {
    what: () => "このデータディレクトリでは別のサーバーが動作しています。",
    now: notStarted,
    do: () => "先にそのサーバーを停止するか、--data で別のディレクトリを指定してください。",
  },
  "no-route": {
    what: (p) => `このサーバーからネットワークに接続できません${detail(p)}。`,
    now: () => "ホストに「失敗」マークは付加されません。ポーリングは再試行されます。",
    do: () => "このサーバーのネットワークを確認してください。",
  },
  "out-of-descriptors": {
    what: () => "このサーバーで同時に開けるファイルの数が上限に達しました。",
    now: () => "ポーリングを停止しています。自動的に再開されます。",
    do: () => "ファイル数の上限 (ulimit -n) を大きくするか、channels を小さくしてください。",
  },
  io: {
    what: (p) => `このサーバーのファイルの読み書きに失敗しました${p.detail ? `: ${p.detail}` : ""}。`,
    now: () => "中途半端に反映されたものはありません。",
    do: () => "パスの有無、所有者、アクセス権を確認してください。",
  },
  "source-address": {
    what: (p) => `${p.address ?? "ソースネットワークアドレス"} はこのサーバーのアドレスではありません。`,
    now: (p) => `接続していません。${again(p)}`,
    do: () => "defaultIpAddress、ドメインの ipAddresses、レコードの sourceAddress を確認してください。",
  },
  "secret-key-missing": {
    what: (p) =>
      `キーファイル ${p.path ?? "secret.key"} がありません。データベースにはそのキーで暗号化されたパスワードがあります。`,
    now: notStarted,
    do: () => "バックアップから元に戻すか、RPOP_KEY_FILE でファイルを指定してください。",
  },
  "secret-key-wrong": {
    what: (p) => `${p.path ?? "secret.key"} のキーは、データベースのパスワードを暗号化したキーと異なります。`,
    now: notStarted,
    do: () => "正しいファイルをバックアップから戻すか、RPOP_KEY_FILE で指定してください。",
  },
  "secret-unreadable": {
    what: (p) =>
      `このアカウントのパスワードを${p.source ? ` ${p.source} から` : ""}読み取れません${detail(p)}。`,
    now: safe,
    do: () => "ファイル、変数、コマンドを確認するか、パスワードを入力し直してください。",
  },
  "already-serving": {
    what: (p) => `プロセス ${p.pid ?? "?"} がすでにこのデータディレクトリで動作しています。`,
    now: () => "このプロセスは起動しません。動作中のプロセスはそのまま続行します。",
    do: () => "動作中のプロセスを停止するか、別のデータディレクトリ (--data) を指定してください。",
  },
  "backup-target": {
    what: (p) =>
      `${p.path ?? "このフォルダ"} にバックアップを作成できません: ${backupTargets[String(p.reason)] ?? "使用できません"}。`,
    now: nothingDone,
    do: () => "まだ存在しない、データディレクトリの外のフォルダを指定してください。",
  },
  "backup-under-way": {
    what: () => "このデータディレクトリの別のバックアップが進行中です。",
    now: () => "今回のバックアップは作成されていません。進行中のものは続行します。",
    do: () => "終了するまでお待ちください。",
  },
  "backup-damaged": {
    what: (p) => `${p.path ?? "このフォルダ"} は完全なバックアップではありません${detail(p)}。`,
    now: nothingDone,
    do: () => "「rpop backup」で作成したフォルダ、または以前のバックアップを指定してください。",
  },
  "restore-target": {
    what: (p) => `${p.path ?? "データディレクトリ"} は空ではありません。`,
    now: nothingDone,
    do: () => "空の、またはまだ存在しないフォルダ (--data) を指定するか、今ある内容を移動してください。",
  },
  "restore-unfinished": {
    what: (p) => `復元が完了していません: ${p.path ?? "restore.unfinished"} が残っています。`,
    now: notStarted,
    do: () => "同じバックアップを指定して「rpop restore」を再び実行すると、続きから復元されます。",
  },
  "declared-dead": {
    what: () => "別のプロセスがこのプロセスを停止したものとみなし、処理を引き継ぎました。",
    now: () => "このプロセスは停止します。受け付けたメールは失われません。",
    do: () => "もう一度起動してください。頻発する場合は、マシンの一時停止がないか確認してください。",
  },
  "listen-failed": {
    what: (p) => `${p.address ?? "指定のアドレス"} で接続を待ち受けできません${detail(p)}。`,
    now: notStarted,
    do: () => "そのポートを使用しているプログラムを停止するか、--http で別のアドレスを指定してください。",
  },
  "module-stopped": {
    what: () => "モジュールは停止しています (channels: 0)。",
    now: () => "ポーリングは行っていません。",
    do: () => "channels を 1 以上にしてください。",
  },
  cancelled: {
    what: () => "要求により中止しました。",
    now: () => "受け入れ済みのメッセージはそのまま配信されます。",
    do: () => "続けるには、もう一度実行してください。",
  },
  unexpected: {
    what: (p) => `予期しない問題が発生しました${p.detail ? `: ${p.detail}` : ""}。`,
    now: () => "一時的なものとして扱います。メールは残り、再試行されます。",
    do: () => "続く場合は、上の行を添えてご報告ください。",
  },
  usage: {
    what: (p) => `${p.detail ?? "コマンドラインを解釈できません。"}`,
    now: nothingDone,
    do: (p) => `「${p.help ?? "rpop --help"}」を参照してください。`,
  },
  "bad-file": {
    what: (p) => `${p.path ?? "ファイル"} を読み取れません${detail(p)}。`,
    now: nothingDone,
    do: () => "パスとアクセス権を確認してください。",
  },
  "bad-value": {
    what: (p) => `${p.value ?? "この値"} は ${p.key ?? "この項目"} に指定できません。`,
    now: nothingDone,
    do: (p) => `指定できる値は「${p.help ?? "rpop --help"}」を参照してください。`,
  },
  "unknown-name": {
    what: (p) => `${p.name ?? "その名前"} は見つかりません。`,
    now: nothingDone,
    do: (p) => (p.list ? `「${p.list}」で一覧を確認できます。` : "綴りを確認してください。"),
  },
  "ambiguous-name": {
    what: (p) => `${p.name ?? "その名前"} に該当するものが複数あります: ${p.candidates ?? ""}`,
    now: nothingDone,
    do: () => "いずれかを完全な名前で指定してください。",
  },
  "nothing-configured": {
    what: () => "ポーリングするリモートアカウントがまだありません。",
    now: nothingDone,
    do: () => "アカウントをファイルに記述し、「rpop apply FILE.yaml」を実行してください。",
  },
  "not-allowed": {
    what: (p) => `あなたの役割${p.role ? ` (${p.role})` : ""} ではこの操作はできません。`,
    now: nothingDone,
    do: () => "管理者に依頼してください。",
  },
  "not-unified": {
    what: (p) =>
      `${p.name ?? "指定されたもの"} は個々のリモートアカウントです。すべてのメールは所有者に送られます。`,
    now: nothingDone,
    do: () => "統合ドメインワイドアカウントを指定してください。",
  },
  "number-differs": {
    what: (p) =>
      `--delete-left に ${p.given ?? "?"} が指定されましたが、プロバイダから削除されるメッセージは ${p.found ?? "?"} 件です。`,
    now: nothingDone,
    do: (p) => `この件数でよければ、--delete-left ${p.found ?? "N"} を指定してもう一度実行してください。`,
  },
  "too-soon": {
    what: (p) => `${p.account ?? "そのアカウント"} はポーリングしたばかりです。`,
    now: () => "設定された間隔でポーリングされます。",
    do: (p) =>
      `${p.wait ?? "しばらく"} 後にもう一度実行してください。管理者の設定により、ポーリングの間隔は ${p.min ?? "一定"} 以上です。`,
  },
  "visits-closed": {
    what: () => "TCP アクティビティスケジュールの時間外のため、ポーリングを開始しません。",
    now: () => "次の時間帯にポーリングされます。",
    do: () => "次の時間帯までお待ちください。管理者はいつでもポーリングできます。",
  },
  conflict: {
    what: () => "同じものが同時に変更されました。",
    now: nothingDone,
    do: () => "内容を確認し、もう一度実行してください。",
  },
};

/**
 * 日本語: 設定ファイルの誤りと注意。
 */
import type { mistakes as englishMistakes, warnings as englishWarnings } from "../en/mistakes.ts";
import type { Sentence } from "../params.ts";

export const mistakes = {
  "expected-choice": (p) => `${p.key} には次のいずれかを指定してください: ${p.choices}`,
  "expected-integer": (p) => `${p.key} には ${p.min} から ${p.max} までの整数を指定してください。`,
  "expected-duration": (p) =>
    `${p.key} には時間を 15s、5m、1h、1d のように指定してください (${p.min} から ${p.max} まで)。`,
  "expected-size": (p) =>
    `${p.key} にはサイズを 10MB、512MiB、またはバイト数で指定してください (${p.min} から ${p.max} まで)。`,
  "expected-rate": (p) => `${p.key} には速度を "1KiB/s over 5m" のように指定してください。`,
  "expected-flag": (p) => `${p.key} には true または false を指定してください。`,
  "expected-text": (p) => `${p.key} には 1 行の文字列を指定してください。`,
  "expected-list": (p) =>
    `${p.key} にはリストを指定してください: [a, b]、または行頭にハイフンを付けて 1 行に 1 項目。`,
  "expected-map": (p) => `${p.key || "ファイル"} にはキーと値を指定してください: ${p.keys}`,
  "expected-name-server": (p) =>
    `${p.key} には DNS サーバーのアドレスを指定してください (例: 192.0.2.53、192.0.2.53:5353、[2001:db8::53]:5353)。`,
  "expected-ip-address": (p) => `${p.key} には IP アドレスを指定してください (例: 192.0.2.7、2001:db8::7)。`,
  "expected-source-address": (p) =>
    `${p.key} には osDefault またはこのサーバーの IP アドレスを指定してください。`,
  "expected-time-zone": (p) => `${p.key} にはタイムゾーンの名前を指定してください (例: Asia/Tokyo)。`,
  "expected-host-name": (p) => `${p.key} にはホスト名を指定してください (例: mail.example.com)。`,
  "expected-destination": (p) => `${p.key} には次のいずれかを指定してください: ${p.schemes}`,
  "expected-schedule": (p) =>
    `${p.key} には always、または { windows: [{ days: [mon, tue], from: "08:00", to: "20:00" }] } を指定してください。`,
  "expected-days": (p) => `${p.key} には次の曜日を 1 つ以上指定してください: ${p.days}`,
  "expected-time-of-day": (p) =>
    `${p.key} には時刻を "08:00" のように指定してください。終了は "24:00" まで、開始と同じ時刻は指定できません。`,
  "unknown-key": (p) =>
    `${p.key} というキーはありません。${p.suggestion ? `${p.suggestion} ではありませんか?` : `使用できるキー: ${p.known}`}`,
  "not-utf8": () => "ファイルの文字コードが UTF-8 ではありません。",
  "empty-file": () => "ファイルが空です。",
  "yaml-syntax": (p) => `YAML の形式ではありません: ${p.detail}`,
  "duplicate-key": (p) => `${p.key} が 2 回指定されています。どちらかを取り除いてください。`,
  "alias-not-allowed": (p) => `参照 (*${p.alias}) は使用できません。値をそのまま記述してください。`,
  "not-available": (p) => `${p.key} はこのバージョンでは使用できません。`,
  "missing-key": (p) => `${p.key} がありません。`,
  "expected-login": (p) => `${p.key} には改行を含まない 248 バイト以内のアカウント名を指定してください。`,
  "expected-password": (p) => `${p.key} には改行を含まないパスワードを指定してください。空にはできません。`,
  "expected-interval": (p) =>
    `${p.key} には時間 (15s、5m、1h、1d など)、disabled、またはレコードを削除する ----- を指定してください。`,
  "expected-server": (p) =>
    `${p.server} はサーバー名として正しくありません。ホスト名、ホスト名:ポート、[IPv6]:ポート のいずれかを指定してください。`,
  "expected-port": (p) => `${p.server} のポート番号は 1 から 65535 までの数字で指定してください。`,
  "expected-domain-name": (p) => `${p.key} にはドメイン名を指定してください (例: example.com)。`,
  "expected-account-name": (p) =>
    `${p.key} にはアドレスの @ より前の部分を指定してください。空白とスラッシュは使用できません。`,
  "expected-address": (p) => `${p.key} にはメールアドレスを指定してください (例: alice@example.com)。`,
  "expected-field-name": (p) => `${p.key} にはヘッダフィールドの名前を指定してください (例: X-Real-To)。`,
  "expected-fingerprint": (p) =>
    `${p.key} には SHA-256 のフィンガープリント (16 進数 64 桁) を指定してください。`,
  "expected-absolute-path": (p) => `${p.key} には / で始まるパスを指定してください。`,
  "expected-id": (p) =>
    `${p.key} には英数字、ピリオド、ハイフンからなる 64 文字以内の ID を指定してください。`,
  "expected-first-visit": (p) =>
    `${p.key} には all、markSeen、または日付を指定した since (since 2026-11-01、since 2026-11-01 08:00 など) を指定してください。`,
  "expected-keeping-time": (p) =>
    `${p.key} には日数、または 30d や 12h のような期間を 1h から 3650d の範囲で指定してください。`,
  "missing-password": (p) =>
    `${p.name} は新しいレコードですが、パスワードがありません。password、passwordFile、passwordEnv、passwordCommand のいずれかを追加してください。`,
  "several-passwords": (p) => `${p.keys} は同時に指定できません。`,
  "unified-only": (p) =>
    `${p.key} は統合ドメインワイドアカウント専用です。個々のリモートアカウントのメールはすべて所有者に送られます。`,
  "two-main-domains": (p) => `${p.name} をメインドメインにできません。メインドメインは 1 つだけです。`,
  "no-main-domain": () =>
    "メインドメインがありません。いずれかのドメインに main: true を追加してください。受取人を特定できないメールは、そのドメインの postmaster に送られます。",
  "name-taken": (p) => `${p.name} は ${p.owner} の名前としてすでに使われています。`,
  "domain-taken": (p) => `${p.name} はドメイン ${p.owner} の名前としてすでに使われています。`,
  "unknown-local-account": (p) =>
    `${p.key} に指定された ${p.name} というアカウントは ${p.domain} にありません。`,
  "named-twice": (p) => `${p.name} がこのファイルで 2 回指定されています。`,
  "import-format-unknown": () =>
    "名前と内容から形式を判断できないファイルです。--format で形式を指定してください。",
  "import-nothing": (p) =>
    `このファイル (形式 ${p.format}) には、RPOP がポーリングできるアカウントが見つかりません。`,
  "import-owner-missing": (p) =>
    `${p.name} のメールの受取人がファイルに指定されていません。--owner NAME@DOMAIN でローカルアカウントを指定してください。`,
  "import-domain-missing": (p) =>
    `${p.name} はローカルアカウントの名前ですが、ドメインがまだ設定されていません。--domain で指定してください。`,
  "import-domain-unknown": (p) =>
    `${p.name} がメールの受取人ですが、${p.domain} は当サーバーのドメインではありません。名前を訂正するか、--domain でドメインを追加してください。`,
  "administrators-only": (p) => `${p.key} を設定できるのは管理者のみです。`,
  "interval-too-short": (p) => `${p.value} は、許可されている最少ポール間隔 ${p.min} より短い値です。`,
  "too-many-accounts": (p) =>
    `アカウント数が管理者の定めた上限 ${p.max} 件に達しています。追加するには、いずれかを削除してください。`,
  "port-not-allowed": (p) => `ポート ${p.port} は使用できません。次のいずれかを指定してください: ${p.ports}`,
  "private-host": (p) => `${p.host} はプライベートネットワーク内にあります。管理者のみ許可できます。`,
  "password-again": () =>
    "そのアカウントのパスワードも入力してください。サーバーまたはログイン名を変える場合や TLS をやめる場合は、再入力が必要です。",
  "account-exists": (p) => `${p.name} はすでに登録されています${p.owner ? ` (${p.owner})` : ""}。`,
  "destination-form": (p) => `このデスティネーションは ${p.form} の形式で指定してください。`,
  "destination-host": (p) =>
    `${p.host || "空の値"} はホスト名でもアドレスでもありません。IPv6 アドレスは [::1] のように角括弧で囲んでください。`,
  "destination-port": (p) => `ポート ${p.port} には 1 から 65535 までの数値を指定してください。`,
  "destination-socket": (p) =>
    `lmtp+unix: の後にはソケットの絶対パスを ${p.max} バイト以内で指定してください。`,
  "destination-no-user": () =>
    "LMTP にはログインがありません。デスティネーションからユーザーを削除してください。",
  "destination-password-in-text": () =>
    "デスティネーションに書いたパスワードはそのまま保存・表示されてしまいます。ファイルに書いて ?passwordFile=/PATH を、または環境変数に入れて ?passwordEnv=NAME を付けてください。",
  "destination-needs-password": (p) =>
    `ユーザー ${p.user} にはパスワードが必要です。?passwordFile=/PATH または ?passwordEnv=NAME を付けてください。ユーザー名の @ は %40 と書きます。`,
  "destination-needs-user": () =>
    "パスワードにはユーザーが必要です。smtp://USER@HOST のようにホストの前に指定してください (@ は %40 と書きます)。",
  "destination-two-passwords": () => "passwordFile と passwordEnv はどちらか一方だけを指定してください。",
  "destination-tls": (p) => `tls には次のいずれかを指定してください: ${p.choices}`,
  "destination-user-tls": (p) =>
    `ユーザーを指定した場合、パスワードは検証済みの TLS でのみ送信されます。tls=${p.tls} を削除するか、tls=required にしてください。`,
  "destination-option": (p) =>
    `オプション ${p.option || "(名前なし)"} はありません。使用できるもの: ${p.known}`,
  "destination-option-twice": (p) => `オプション ${p.option} が 2 回指定されています。`,
  "destination-option-empty": (p) =>
    `オプション ${p.option} には値が必要です。&、%、# はパーセントエンコードしてください。`,
  "destination-option-path": (p) => `オプション ${p.option} には / で始まるパスを指定してください。`,
  "destination-quote": () => "コマンドの引用符が閉じていないか、バックスラッシュで終わっています。",
  "destination-program": (p) =>
    `コマンドはプログラムの絶対パスで始めてください (指定された値: ${p.program || "なし"})。シェルも検索パスも使用しません。`,
  "destination-placeholder": (p) =>
    `プレースホルダー ${p.placeholder} はありません。使用できるもの: ${p.known}`,
  "destination-placeholder-option": (p) =>
    `${p.argument} ではメールの内容がオプションになってしまいます。プレースホルダーは独立した引数にしてください。`,
} satisfies Record<keyof typeof englishMistakes, Sentence>;

export const warnings = {
  "same-maildrop": (p) =>
    `${p.server} の ${p.account} は別のレコード (${p.id}) でもポーリングされています。メールは一方にのみ届きます。`,
  "destination-unsupported": (p) =>
    `${p.account}: ${p.destination} への配信にはこのバージョンは対応していません。メールはキューで待機します。`,
  "first-visit-over": (p) =>
    `${p.server} の ${p.account} は最初のポーリングを終えているため、firstVisit を変更しても何も変わりません。`,
  "delete-after-unused": (p) =>
    `${p.server} の ${p.account}: leaveOnServer がオフのため、deleteAfter は使用されません。メールは取り出すとすぐにプロバイダから削除されます。`,
  "left-stays": (p) =>
    `${p.server} の ${p.account} は、今後メールをサーバーに残しません。これまでに残したメール (取り出し済み ${p.count} 件) はそのまま残ります。プロバイダから削除する場合は、同じコマンドに --delete-left ${p.total} を指定してください。`,
  "left-goes": (p) =>
    `${p.server} の ${p.account}: 取り出し済みのメッセージ ${p.count} 件を、次回以降のポーリングでプロバイダから削除します。`,
  "rules-unsupported": (p) =>
    `${p.account ? `${p.account}: ` : "サーバーワイドの"}ルールは保存されますが、このバージョンではまだ適用されません。`,
} satisfies Record<keyof typeof englishWarnings, Sentence>;

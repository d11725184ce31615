/**
 * 日本語: コマンドラインでのリモートアカウントのレコード。
 */
import type { records as english } from "../en/records.ts";

const keys: Readonly<Record<string, string>> = {
  account: "リモートサーバーでのログイン名",
  server: "POP サーバー: HOST、HOST:PORT または [IPv6]:PORT",
  password: "パスワード。- は標準入力から読み取り、このマシンの他のユーザーからは見えません",
  pollEvery: "頻度 (15s、5m、1h など)。disabled はレコードを残し、----- は削除します",
  tls: "implicit、starttls または off",
  leaveOnServer: "true: 元のサーバーにもメールを残す",
  apop: "true: サーバーが対応していれば APOP を使う",
  auth: "ログイン方式。auto は自動",
  allowPlain: "true: TLS なしでもパスワードをそのまま送信する",
  maxMessageSize: "これより大きいメッセージはサーバーに残す (10MB など)",
  newestFirst: "true: 新しいメッセージから取り出す",
  folder: "格納先フォルダ",
  note: "メモ",
  firstVisit: "最初に取り出す範囲: all、markSeen、since DATE",
  deleteAfter: "サーバーに残したメールを削除するまでの日数",
  specialHeader: "統合ドメインワイドアカウント: 本来の受取人を示すフィールド (X-Real-To など)",
  specialHeaderPrefix: "統合ドメインワイドアカウント: そのフィールドのアドレスから取り除く接頭辞",
  relaySpecialHeader: "統合ドメインワイドアカウント、true: 他のドメインのアドレスにもリレーする",
  mergeCopies: "統合ドメインワイドアカウント、false: プロバイダが格納したコピーをすべて配信する",
  sourceAddress: "接続元にするこのマシンのアドレス",
  passwordFile: "パスワードを記したファイル (ポーリングのたびに読み取り)",
  passwordEnv: "パスワードを保持する環境変数",
  passwordCommand: "パスワードを出力するコマンド",
  caFile: "そのサーバーの認証局の証明書ファイル (PEM)",
  tlsServerName: "証明書にある名前 (サーバー名と異なる場合)",
  tlsFingerprint: "信頼する証明書の SHA-256",
  tlsMinVersion: "TLSv1、TLSv1.1、TLSv1.2 または TLSv1.3",
  tlsVerify: "false: 証明書を検査しない",
};

export const records: typeof english = {
  help: {
    keys,
    add: {
      summary: "リモートアカウントを追加",
      description:
        "ローカルアカウント OWNER のリモートアカウントを追加します。--owner を省くと統合ドメインワイドアカウントになります。" +
        "動作中のサーバーがただちにポーリングします。空の値は既定値を表します。",
      owner: "メールを受け取るローカルアカウント: NAME@DOMAIN。NAME のみはメインドメイン",
    },
    change: {
      summary: "リモートアカウントを変更",
      description:
        "指定した項目のみを変更します。空の値は既定値を表します。変更すると「失敗」マークは解除され、ただちにポーリングされます。",
      version: "レコードがこの版のときのみ変更する (remote list --json を参照)",
    },
    remove: {
      summary: "リモートアカウントを削除",
      description:
        "リモートアカウントと、記憶されている UID を削除します。取り出し済みのメールは残り、プロバイダのメールには触れません。",
    },
    as: "このローカルアカウントとして、その権限の範囲で実行する",
  },
  added: (name) => `${name} を追加しました。動作中のサーバーがただちにポーリングします。`,
  changed: (name) => `${name} を変更しました。変更はすぐに有効になります。`,
  removed: (name) => `${name} を削除しました。`,
  unchanged: (name) => `${name} はすでにその内容です。変更はありません。`,
  option: (flag) => `${flag} を指定してください。`,
};

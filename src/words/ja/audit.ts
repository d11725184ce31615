/**
 * 日本語: 操作の記録。
 */
import type { audit as english } from "../en/audit.ts";

export const audit: typeof english = {
  help: {
    summary: "操作の記録を表示",
    description:
      "設定、レコード、マーク、キューのメッセージを変更した操作を、日時、操作した人、変更前と変更後とともに古い順に表示します。" +
      "パスワードは記録されません。新しいものから 100,000 件が保管されます。",
    since: "さかのぼる期間 (1h、30d など)",
  },
  empty: () => "この期間に変更はありません。",
  did: (action, subject) => `${action}: ${subject}`,
  secret: () => "(変更あり、記録されません)",
  roles: {
    administrator: "管理者",
    operator: "オペレーター",
    viewer: "閲覧者",
    user: "ユーザー",
  },
  actions: {
    "add setting": "設定を指定",
    "change setting": "設定を変更",
    "remove setting": "設定を既定値に戻した",
    "add rules": "ルールを追加",
    "change rules": "ルールを変更",
    "remove rules": "ルールを削除",
    "add domain": "ドメインを追加",
    "change domain": "ドメインを変更",
    "remove domain": "ドメインを削除",
    "add account": "アカウントを追加",
    "change account": "アカウントを変更",
    "remove account": "アカウントを削除",
    "add personal": "リモートアカウントを追加",
    "change personal": "リモートアカウントを変更",
    "remove personal": "リモートアカウントを削除",
    "add unified": "統合ドメインワイドアカウントを追加",
    "change unified": "統合ドメインワイドアカウントを変更",
    "remove unified": "統合ドメインワイドアカウントを削除",
    "change more": "同じ操作によるその他の変更 (件数)",
    "clear marks": "「失敗」マークを解除",
    retry: "メッセージを再試行",
    hold: "メッセージを保留",
    release: "メッセージの保留を解除",
    redirect: "メッセージを別のアドレスに配信",
    drop: "メッセージを破棄",
    "ask take": "取り出していないメッセージの取り出しを指示",
    "ask header": "取り出していないメッセージのヘッダの取り出しを指示",
    "ask delete": "取り出していないメッセージのプロバイダからの削除を指示",
    "ask none": "メッセージへの指示を取り消し",
  },
};

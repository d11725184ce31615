/**
 * 送信者へのエラーレポート。このサーバーを知らない人が読む。
 */
import type { Failure, FailureCode } from "../../core/failure.ts";
import type { report as en } from "../en/report.ts";

const reasons: Partial<Record<FailureCode, string>> = {
  "unknown-user": "この名前のメールボックスはありません。",
  "not-ours": "このサーバーは、このドメイン宛のメールを受け付けていません。",
  "no-relay": "このサーバーは、このドメイン宛のメールを中継しません。",
  "mailbox-full": "メールボックスがいっぱいです。",
  expired: "繰り返し試みましたが、期限内に配信できませんでした。",
  "delivery-refused": "配信先のサーバーがメッセージを拒否しました。",
};

const headerReasons: Readonly<Record<string, string>> = {
  tooLarge: "このサーバーで許可されているサイズを超えています。",
  failing: "プロバイダから取り出せません。",
  stuck: "繰り返し試みましたが、プロバイダから取り出せません。",
  markedSeen: "最初のポーリングの前からあり、既読とされています。",
};

export const report: typeof en = {
  subject: (recipient, more) =>
    `メールを配信できませんでした: ${recipient}${more > 0 ? ` ほか ${more} 件` : ""}`,
  opening: (serverName, subject, date) =>
    `メールサーバー ${serverName} からお知らせします。\n\n` +
    `${date === "" ? "" : `${date} の`}お客様のメッセージ${subject === null ? "" : `「${subject}」`}は、次の宛先に配信できませんでした。` +
    "再送は行われません。",
  reason: (failure: Failure) => reasons[failure.code] ?? "メッセージを配信できませんでした。",
  said: (host, text) => `${host ?? "配信先のサーバー"} の応答: ${text}`,
  headerOnly: (login, host, size, reason) =>
    "これはメッセージのヘッダのみです。\n\n" +
    `メッセージ本体${size === "" ? "" : ` (${size})`} は、${host} のメールボックス ${login} に残っています。\n` +
    `${headerReasons[reason] ?? ""}\n\n` +
    "プロバイダの Web メールで読むか、管理者に取り出しを依頼してください。\n",
  closing:
    "宛先のアドレスをご確認ください。正しい場合は、別の方法で相手に連絡するか、相手先のポストマスターにお問い合わせください。" +
    "メッセージのヘッダーを添付します。",
};

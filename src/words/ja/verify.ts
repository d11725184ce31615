/**
 * Japanese: `rpop verify`.
 */
import type { verify as english } from "../en/verify.ts";

const count = (n: number) => n.toLocaleString("ja");

export const verify: typeof english = {
  help: {
    summary: "失われたものがないことを確認",
    description:
      "データベース、スプール、履歴、Maildir が一致しているかを調べます。アカウントを指定すると、プロバイダにあるメッセージと" +
      "記録も比較します。何も変更せず、サーバーの動作中にも実行できます。一致しないものがあれば、終了コードは 1 です。",
    all: "すべてのアカウントのメールボックスも調べる",
    since: "Maildir を調べる期間。1h、30d のように指定",
  },
  database: () => "データベースに問題はありません。",
  queue: (n) =>
    n === 0
      ? "配信待ちまたは保管中のメッセージはありません。"
      : `配信待ちまたは保管中のメッセージは ${count(n)} 件で、すべてファイルがあります。`,
  leftovers: (n, size) =>
    `どのメッセージにも属さないファイルがスプールに ${count(n)} 個 (${size}) あります。サーバーの次回起動時に削除されます。`,
  taken: (n, since) =>
    `${since} 以降に取り出したメッセージは ${count(n)} 件です。すべて、配信待ち、保管中、または結果が記録されています。`,
  nothingTaken: () => "履歴にはまだメッセージがありません。",
  maildirs: (delivered, since, there) =>
    delivered === there
      ? `${since} 以降に Maildir へ配信したメッセージは ${count(delivered)} 件で、すべてそこにあります。`
      : `${since} 以降に Maildir へ配信したメッセージは ${count(delivered)} 件で、うち ${count(there)} 件がそこにあります。` +
        "ほかは受取人が削除または移動したものです。",
  maildrop: (account, listed, parts) =>
    `${account}: メッセージ ${count(listed)} 件${parts ? ` (${parts})` : ""}`,
  parts: {
    taken: (n) => `取り出してサーバーに残したもの ${count(n)}`,
    toDelete: (n) => `取り出し済みで削除予定のもの ${count(n)}`,
    skipped: (n) => `取り出さないもの ${count(n)}`,
    unknown: (n) => `次回のポーリングの対象 ${count(n)}`,
  },
  faults: {
    "database-damaged": (text) => `データベースが破損しています: ${text}`,
    "spool-missing": (path) => `${path} がありません。このメッセージは配信できません。`,
    "spool-size": (path, found, expected) =>
      `${path} のサイズは ${found} ですが、本来は ${expected} です。このメッセージは破損しています。`,
    "message-lost": (id, at) =>
      `${at} に取り出したメッセージ ${id} は配信待ちでも保管中でもなく、結果も記録されていません。`,
    "maildir-missing": (path, n) => `メッセージ ${count(n)} 件を配信した Maildir ${path} がありません。`,
  },
  agrees: (all) => (all ? "すべて一致しています。" : "調べることができたものは、すべて一致しています。"),
  differs: (n) => `一致しないものが ${count(n)} 件あります。失われたものはバックアップから復元できます。`,
};

/**
 * 日本語: ログの各イベントの文。
 */
import type { log as english } from "../en/log.ts";

const id = (text: string | number | undefined) => (text ? ` ${text}` : "");

export const log: typeof english = {
  events: {
    crashed: (p) => `予期しないエラーのためプロセスが終了しました: ${p.error ?? "?"}`,
    "cannot-go-on": (p) => `このプロセスは動作を続けられません。${p.why ?? ""}`,
    "start-failed": (p) => `開始できませんでした。${p.why ?? ""}`,
    "log-lines-lost": (p) => `このログに書き込めなかった行数: ${p.lines ?? "?"}`,
    "visit-failed": (p) =>
      `${p.who ?? "?"}: ポーリングは ${p.took ?? "?"} 後に失敗しました。${p.why ?? ""} ${p.tally ?? ""}`,
    "mark-set": (p) =>
      `${p.marked ?? "?"} のポーリングを ${p.until ?? "?"} まで停止します (連続 ${p.times ?? 1} 回目)。${p.why ?? ""}`,
    "mark-ended": (p) => `${p.marked ?? "?"} は正常に戻りました (${p.since ?? "?"} から停止していました)。`,
    "message-stuck": (p) =>
      `${p.who ?? "?"}: メッセージ${id(p.uid)} は ${p.failures ?? "?"} 回失敗したため、${p.until ?? "?"} までプロバイダに残します。${p.why ?? ""}`,
    "special-header-absent": (p) =>
      `${p.who ?? "?"}: 最近の ${p.messages ?? "?"} 件のメッセージには特別なフィールド ${p.field ?? "?"} がなく、To、Cc、Bcc から判断しました。`,
    undeliverable: (p) =>
      `メッセージ${id(p.messageId)} は ${p.recipient ?? "?"} に配信できないため、${p.until ?? "?"} まで保管します。${p.why ?? ""}`,
    "pause-begun": (p) => `新しいポーリングを一時停止しています。${p.why ?? ""}`,
    "pause-ended": () => "ポーリングを再開しました。",
    "kept-mail-ending": (p) =>
      `配信できないメッセージ ${p.count ?? "?"} 件が ${p.until ?? "?"} までに削除されます。「rpop queue list --state undeliverable」で確認できます。`,
    "space-short": (p) =>
      `ディスクの空き容量は ${p.size ?? "?"} です。${p.limit ?? "?"} を下回るとポーリングを停止します。`,
    "server-started": (p) => `サーバーを開始しました: rpop ${p.version ?? "?"}、プロセス ${p.pid ?? "?"}`,
    "server-stopped": (p) => `サーバーを停止しました: プロセス ${p.pid ?? "?"}`,
    "configuration-changed": (p) => `${p.by ?? "?"} が設定を変更しました: ${p.changes ?? "?"}`,
    "entry-changed": (p) => `メッセージ${id(p.messageId)} (宛先 ${p.recipient ?? "?"}): ${p.change ?? "?"}。`,
    "marks-cleared": (p) =>
      `${p.by ?? "?"} が失敗による停止を解除しました (ホスト ${p.hosts ?? 0}、アカウント ${p.accounts ?? 0})。`,
    "backup-made": (p) => `${p.by ?? "?"} がバックアップを作成しました: ${p.path ?? "?"} (${p.size ?? "?"})`,
    restored: (p) => `バックアップ ${p.path ?? "?"} (${p.madeAt ?? "?"} 作成) から復元しました。`,
    "log-level-back": (p) =>
      `1 時間が経過したため、ログレベルを ${p.from ?? "?"} から ${p.to ?? "?"} に戻しました。`,
    "message-taken": (p) =>
      `${p.who ?? "?"}: メッセージ${id(p.messageId)} (${p.size ?? "?"}、差出人 ${p.sender ?? "?"}) を ${p.recipients ?? "?"} 宛てに取り出しました。`,
    "messages-deleted": (p) =>
      `${p.who ?? "?"}: プロバイダからメッセージ ${p.count ?? "?"} 件を削除しました。`,
    "messages-asked": (p) =>
      `${p.by ?? "?"} が ${p.who ?? "?"} のプロバイダにあるメッセージ ${p.messages ?? "?"} 件について指示しました: ${p.wish ?? "?"}`,
    "first-visit": (p) =>
      `${p.who ?? "?"}: 最初のポーリングで ${p.messages ?? "?"} 件を確認し、${p.seen ?? "?"} 件を既読としてプロバイダに残しました。`,
    "visit-ended": (p) => `${p.who ?? "?"}: ポーリングが完了しました (${p.took ?? "?"})。${p.tally ?? ""}`,
    delivered: (p) =>
      `メッセージ${id(p.messageId)} を ${p.recipient ?? "?"} に配信しました: ${p.where ?? "?"}`,
    reported: (p) =>
      `メッセージ${id(p.messageId)} は ${p.recipients ?? "?"} に配信できず、${p.to ?? "送信者"} にエラーレポートを送信しました。${p.why ?? ""}`,
    "message-refused": (p) =>
      `${p.who ?? "?"}: メッセージ${id(p.uid)} を今回は取り出せませんでした。${p.why ?? ""}`,
    "message-skipped": (p) =>
      `${p.who ?? "?"}: メッセージ${id(p.uid)} をプロバイダに残します: ${p.reason ?? "?"}`,
    "message-known": (p) => `${p.who ?? "?"}: メッセージ${id(p.uid)} は以前に取り出したものです。`,
    "visit-stopped": (p) =>
      `${p.who ?? "?"}: ポーリングを ${p.took ?? "?"} 後に中止しました。${p.tally ?? ""}`,
    "pipelining-failed": (p) =>
      `${p.host ?? "?"} は連続したコマンドに対応できなかったため、1 日間は 1 つずつ送信します。`,
    "delivery-deferred": (p) =>
      `メッセージ${id(p.messageId)} の ${p.recipient ?? "?"} への配信は ${p.until ?? "?"} まで待機します (${p.attempts ?? "?"} 回目)。${p.why ?? ""}`,
    recovered: (p) =>
      `異常終了したプロセスの後処理をしました: プロセス ${p.nodes ?? "?"}、削除したファイル ${p.files ?? "?"}`,
    "visit-begun": (p) => `${p.who ?? "?"}: ポーリングを開始します。`,
    dialogue: (p) => `${p.who ?? "?"} (対話) ${p.direction ?? "?"}: ${p.text ?? ""}`,
    link: (p) => `${p.who ?? "?"} (リンク): ${p.text ?? ""}`,
  },
  unknown: (event, facts) => `イベント ${event}: ${facts}`,
  skipReasons: {
    tooLarge: "サイズが大きすぎます",
    failing: "プロバイダから取り出せません",
    stuck: "取り出しの失敗が続いています",
    markedSeen: "最初のポーリング前に既読とされました",
  },
  tally: (taken, size, deleted, known, skipped, troubled) =>
    [
      taken > 0 ? `取り出し ${taken} 件 (${size})` : "新着なし",
      ...(deleted > 0 ? [`削除 ${deleted} 件`] : []),
      ...(known > 0 ? [`既知 ${known} 件`] : []),
      ...(skipped > 0 ? [`対象外 ${skipped} 件`] : []),
      ...(troubled > 0 ? [`失敗 ${troubled} 件`] : []),
    ]
      .join("、")
      .concat("。"),
  level: (value, known) => `${value} というログレベルはありません。指定できるのは ${known} です。`,
  since: (value) => `${value} は期間ではありません。30m、1h、2d のように指定してください。`,
};

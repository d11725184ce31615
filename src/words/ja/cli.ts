/**
 * 日本語: コマンドラインの結果、進行状況、注意。
 */
import type { cli as english } from "../en/cli.ts";

const count = (n: number) => n.toLocaleString("ja");

export const cli: typeof english = {
  apply: {
    nothing: () => "変更はありません。すべてファイルの内容どおりです。",
    done: (n) => `${count(n)} 件を変更しました。変更はすぐに有効になります。再起動は不要です。`,
    dryRun: (n) => `${count(n)} 件が変更されます。今回は何も変更していません (--dry-run)。`,
    refused: (n) => `${count(n)} 件の誤りがあります。何も適用していません。`,
    of: (owner) => `(所有者 ${owner})`,
    passwordSet: () => "(保存済み、表示しません)",
    passwordChanged: () => "(変更)",
  },
  import: {
    nothing: () => "変更はありません。すべてファイルの内容どおりです。",
    remembered: (n, account) =>
      `${account} の ${count(n)} 件のメッセージは以前に取り出されているため、再度取り出しません。`,
    uidFile: (path) => `記憶されている UID を ${path} から読み取りました。`,
    notCarriedOver: () => "取り込めなかったもの:",
    line: (n) => `${n} 行目`,
  },
  exportPassword: () => "password: RPOP に保存されており、書き出されません",
  poll: {
    outsideSchedule: () =>
      "このコマンドはアクティビティスケジュールの制限を受けません。すべてのアカウントをポーリングします。",
    nothingToVisit: () => "ポーリングするリモートアカウントがありません。",
    taken: (n, size) => `メッセージ ${count(n)} 件を取り出しました (${size})`,
    nothingNew: () => "新着なし",
    known: (n) => `既知のコピー ${count(n)} 件`,
    skipped: (n) => `${count(n)} 件を取り出さずプロバイダに残しました`,
    troubled: (n) => `${count(n)} 件を今回は取り出せませんでした`,
    deleted: (n) => `${count(n)} 件をサーバーから削除`,
    left: (n) => `${count(n)} 件をサーバーに残しています`,
    elsewhere: () => "動作中のサーバーがポーリングしました",
    progress: (done, total) => `${count(total)} 件中 ${count(done)} 件`,
    summary: (delivered, deferred, undeliverable) =>
      `配信済み ${count(delivered)} 件、キューで待機中 ${count(deferred)} 件、配信不可能 ${count(undeliverable)} 件。`,
    reported: (n) => `エラーレポートを ${count(n)} 件送信しました。`,
    toPostmaster: (n) => `配信可能なアドレスがないため、${count(n)} 件を postmaster に送りました。`,
    failed: (n) => `${count(n)} 件のポーリングに失敗しました。`,
  },
  serve: {
    ready: (accounts, dataDir, address) =>
      `rpop が ${dataDir} で動作を開始しました: リモートアカウント ${count(accounts)} 件${address ? `、http://${address}` : ""}`,
  },
  check: {
    count: (n, size) => `メッセージ ${count(n)} 件、${size}`,
    encrypted: (protocol) => `暗号化あり (${protocol})`,
    plain: () => "暗号化なし。パスワードとメールが平文で流れます",
    method: (name) => `認証方式 ${name}`,
    certificate: (subject, issuer, until, sha256) =>
      `証明書: ${subject} (発行者 ${issuer}、有効期限 ${until}、SHA-256 ${sha256})`,
    uidl: () => "UIDL コマンドをサポート",
    noUidl: () => "UIDL コマンドをサポートしていないため、メールをサーバーに残せません",
    good: () => "ポーリングできます。",
    unchanged: () => "メールの取り出しや変更は行っていません。",
  },
  backup: {
    steps: {
      database: "データベースをコピー中",
      spool: "配信途中のメッセージをコピー中",
      mail: "Maildir をコピー中",
    },
    copied: (step, files, size) => `${step}: ${count(files)} ファイル、${size}`,
    made: (path, onTheirWay, mailFiles, size) =>
      `${path} にバックアップを作成しました: 配信途中のメッセージ ${count(onTheirWay)} 件` +
      `${mailFiles === null ? "" : `、DATA/mail の ${count(mailFiles)} ファイル`}、合計 ${size}。`,
    withoutMail: () => "DATA/mail は含まれていません (--without-mail)。",
    elsewhere: (n) =>
      `データディレクトリの外に Maildir があるアカウント ${count(n)} 件は含まれていません。別の方法でバックアップしてください。`,
    withKey: () => "キーが含まれています。パスワードそのものと同じように厳重に保管してください。",
    withoutKey: (path) =>
      `キーは含まれていません。${path} がないと、バックアップ内のパスワードは誰にも読めません。コピーを別の場所に保管してください。`,
  },
  restore: {
    done: (dataDir, madeAt, onTheirWay) =>
      `${dataDir} を ${madeAt} の状態に復元しました (配信途中のメッセージ ${count(onTheirWay)} 件)。`,
    next: () =>
      "その後に配信されたメールは、各アカウントの最初のポーリングで Maildir と照合され、再び配信されることはありません。",
    withoutMail: () =>
      "バックアップに Maildir は含まれていません。Maildir も失われた場合は、先に復元してください。復元しないと、サーバーに残したメールのうちバックアップの前に取り出したものは届きません。",
    withoutKey: (dataDir) =>
      `バックアップにキーは含まれていません。RPOP を起動する前に、キーを ${dataDir}/secret.key に置くか、RPOP_KEY_FILE で指定してください。`,
    alone: () => "バックアップ元のサーバーを同時に動作させないでください。",
  },
  marks: {
    none: () => "停止中のホストやアカウントはありません。",
    rests: (since, until) => `${until} まで停止 (${since} から失敗)`,
    tried: (since) => `まもなく再試行 (${since} から失敗)`,
    cleared: (hosts, accounts) =>
      hosts + accounts === 0
        ? "解除するマークはありませんでした。"
        : `ホスト ${count(hosts)} 件、アカウント ${count(accounts)} 件の「失敗」マークを解除しました。動作中のサーバーがただちに再試行します。`,
  },
  remote: {
    empty: () => "リモートアカウントはまだありません。",
    failedWith: (code) => `失敗: ${code}`,
    noMessages: () => "取り出していないメッセージはありません。",
    wishes: { take: "取り出す", header: "ヘッダのみ", delete: "プロバイダから削除" },
    noted: {
      take: (n) => `${count(n)} 件を次回のポーリングで取り出します。`,
      header: (n) =>
        `${count(n)} 件のヘッダのみを次回のポーリングで配信します。メッセージ本体はプロバイダに残ります。`,
      delete: (n) => `${count(n)} 件を次回のポーリングで、取り出さずにプロバイダから削除します。`,
      none: (n) => `${count(n)} 件への指示を取り消しました。`,
    },
    warnings: {
      specialHeaderAbsent: (field, n) =>
        `最近の ${count(n)} 件のメッセージに特別なフィールド ${field} がありません。使用すべきフィールドは「rpop analyse」で確認できます。`,
      tooLarge: (n) =>
        `maxMessageSize を超えるメッセージ ${count(n)} 件をプロバイダに残しています。「rpop remote messages」で確認できます。`,
      refused: (n) =>
        `プロバイダから取り出せないメッセージが ${count(n)} 件あります。「rpop remote messages」で確認できます。`,
      sameMaildrop: (other) =>
        `このメールボックスは別のレコード (${other}) でもポーリングされています。メールは一方にのみ届きます。`,
    },
  },
  analyse: {
    read: (n) => `最新 ${count(n)} 件のヘッダを調べました (TOP)。メールの取り出しや変更は行っていません。`,
    guess: "To、Cc、Bcc から判断",
    empty: () => "メッセージがないため、判断できません。メールが届いてから、もう一度実行してください。",
    nothing: () =>
      "どのフィールドにも当サーバーの受取人が記載されていません。ドメインとアカウントの設定を確認してから、もう一度実行してください。",
    use: (field, all) => `${field} を使ってください。メッセージの ${all} % をアカウントに配信できます。`,
    useWithPrefix: (field, prefix, all) =>
      `接頭辞 ${prefix} を取り除いて ${field} を使ってください。メッセージの ${all} % をアカウントに配信できます。`,
    useGuess: (all) =>
      `特別なフィールドは使わないでください。To、Cc、Bcc から、どのフィールドよりも多い ${all} % のメッセージをアカウントに配信できます。`,
    goOn: (field, all) =>
      `設定されている ${field} が適切です。メッセージの ${all} % をアカウントに配信できます。`,
    goOnGuessing: (all) =>
      `To、Cc、Bcc から、メッセージの ${all} % をアカウントに配信できます。これより適切な特別なフィールドはないため、変更の必要はありません。`,
  },
  queue: {
    empty: () => "キューは空です。",
    retried: (n) => `${count(n)} 件を、動作中のサーバーがただちに、または次のポーリングで再試行します。`,
    held: (n) => `${count(n)} 件を保留しました。`,
    released: (n) => `${count(n)} 件の保留を解除しました。`,
    redirected: (n, to) => `${count(n)} 件を ${to} に配信します。`,
    dropped: (n) => `${count(n)} 件を破棄しました。`,
    busy: (n) => `${count(n)} 件は配信中のため、変更していません。`,
    none: () => "対象のメッセージはありません。",
  },
  status: {
    dataDirectory: "データディレクトリ",
    accounts: "リモートアカウント",
    accountCounts: (ok, failed, notYet, disabled) =>
      `正常 ${ok}、失敗 ${failed}、未接続 ${notYet}、無効 ${disabled}`,
    server: "サーバー",
    serverRuns: (since, pid, address) =>
      `${since} から動作中 (プロセス ${pid})${address ? `、http://${address}` : ""}`,
    serverNone: "停止中 (rpop serve でスケジュールどおりにポーリングします)",
    visits: "ポーリング中",
    visitsOf: (running, channels) => `${count(running)} / ${count(channels)} チャンネル`,
    paused: "一時停止",
    pausedSince: (since, why) => `${since} からポーリングを開始していません: ${why}`,
    resting: "失敗により停止中",
    nextVisit: "次回のポーリング",
    noVisit: "なし",
    noVisitServer: (dueAt) => `サーバーが停止中のため、ありません (次の予定時刻 ${dueAt})`,
    queue: "キュー",
    queueCounts: (waiting, held) => `待機中 ${waiting}、保留中 ${held}`,
    undeliverable: "配信不可能",
    endingSoon: (n) => `${n} 件は 3 日以内に削除されます`,
    destinationDown: "受け付けない配信先",
    destinationSince: (destination, since, waiting, why) =>
      `${destination} (${since} から、待機中 ${waiting} 件): ${why}`,
    doubtful: "応答不明の配信",
    doubtfulCount: (n) => `応答がなかったため再送した ${n} 件は、二重に届いている可能性があります`,
    postmaster: "postmaster 宛のメール",
    disk: "ディスクの空き容量",
    history: "履歴",
    historySince: (since, rows, kept) => `${since} から ${rows.toLocaleString("ja")} 件、保存期間 ${kept}`,
    diskShort: (wanted) => `${wanted} を下回ると取り出しを停止します`,
    diskLow: (wanted) => `${wanted} を下回っているため、取り出しを停止しています`,
    stopped: "モジュールは停止しています (channels: 0)。",
    scheduled: "ポーリングはアクティビティスケジュールの時間帯にのみ開始されます。",
    processes: "動作中のプロセス",
    needs: "対応が必要",
    needsNone: "対応が必要なアカウントはありません。",
    warned: "確認をおすすめします",
  },
  trace: {
    accepted: (from, size) => `${from} から取り出しました (${size})`,
    distributed: (recipient, target, why) =>
      `受取人 ${recipient}${target ? ` → ${target}` : ""}${why ? ` (${why} に記載)` : ""}`,
    merged: (recipient) => `${recipient || "受取人"} に配信済みのメッセージのコピーのため除外しました`,
    imported: (from) => `${from || "以前のプログラム"} が以前に取り出したため、再度取り出しません`,
    headerOnly: (from) => `${from} からヘッダのみを取り出しました。メッセージはプロバイダに残っています`,
    known: () => "再度取り出しましたが、既知のメッセージのため二重に配信していません",
    skipped: (reason) => `取り出していません: ${reason}`,
    refused: (why) => `取り出せませんでした: ${why}`,
    retrieved: () => "取り出しました",
    delivered: (recipient, where) => `${recipient} に配信しました${where ? `: ${where}` : ""}`,
    found: (recipient, where) => `復元後の照合で、${recipient} に配信済みと確認しました: ${where}`,
    deferred: (recipient, why) => `${recipient} への配信は待機中です: ${why}`,
    undeliverable: (recipient, why) => `${recipient} に配信できないため保管しています: ${why}`,
    reported: (to, recipient, why) =>
      `${recipient} に配信できず、${to || "送信者"} にエラーレポートを送信しました: ${why}`,
    mayHaveArrived: "実際には届いている可能性があります",
    notReported: {
      "never-report": "",
      "null-sender": "送信者がいないため、エラーレポートは送信していません",
      "unusable-sender": "送信者のアドレスが使えないため、エラーレポートは送信していません",
      automatic: "自動送信されたメッセージのため、エラーレポートは送信していません",
      list: "メーリングリストのメッセージのため、エラーレポートは送信していません",
      spam: "迷惑メールと判定されているため、エラーレポートは送信していません",
      "header-oversized": "ヘッダーが大きすぎるため、エラーレポートは送信していません",
      "rate-sender": "この送信者への 1 時間あたりの上限 (10 件) のため、エラーレポートは送信していません",
      "rate-all": "1 時間あたりの上限 (100 件) のため、エラーレポートは送信していません",
      unreadable: "メッセージのファイルを読み取れないため、エラーレポートは送信していません",
      unwritable: "ディスクに書き込めないため、エラーレポートは送信していません",
    },
    deleted: (by) =>
      by ? `${by} の指示により、取り出さずにプロバイダから削除しました` : "プロバイダから削除しました",
    asked: (by, wish) => `${by} の指示: ${wish}`,
    wishes: {
      take: "次回のポーリングで取り出す",
      header: "次回のポーリングでヘッダのみを取り出す",
      delete: "次回のポーリングでプロバイダから削除する",
      none: "指示を取り消す",
    },
    held: (by) => `${by} が保留しました`,
    released: (by) => `${by} が保留を解除しました`,
    retried: (by) => `${by} が再試行を指示しました`,
    redirected: (by, to) => `${by} が ${to} への配信を指示しました`,
    dropped: (by) => `${by} が破棄しました`,
    expired: () => "保管期間が終了しました",
    skipReasons: {
      tooLarge: "サイズが上限を超えています",
      failing: "プロバイダから取り出せません",
      stuck: "3 回の試行に失敗しました",
      markedSeen: "最初のポーリングの前に既読とされています",
    },
  },
  envelope: {
    sender: "エンベロープの差出人",
    nobody: "<> (失敗しても通知されません)",
    recipients: "受取人",
    addresses: "アドレスごとの結果",
    guessed: "受取人は To、Cc、Bcc から判断されます。",
    absent: (field) =>
      `このメッセージには特別なフィールド ${field} がないため、To、Cc、Bcc から判断されます。`,
    postmaster: "メインドメインの postmaster",
    relay: "リレー経由",
    personal: (owner) => `個々のリモートアカウント: すべてのメールは ${owner} に送られます。`,
    verdicts: {
      recipient: "受取人になります",
      repeated: "すでにある受取人と同じです",
      "unknown-user": "不明のユーザー名: 送信者にレポートされます",
      foreign: "当サーバーのドメインではありません: 中継もレポートもされません",
      ignored: "無視: ローカルのアカウントではありません",
      "no-domain": "無視: ドメインがありません",
      unreadable: "除外: 読み取れません",
    },
    reasons: {
      "nobody-left": "配信可能なアドレスがないため、postmaster に送られます。",
      "no-readable-address": "特別なフィールドに読み取れるアドレスがないため、postmaster に送られます。",
      "header-oversized": "ヘッダが大きすぎて信頼できないため、postmaster に送られます。",
      "too-many-addresses": "アドレスが多すぎるため、postmaster に送られます。",
      "too-deep": "アドレスの入れ子が深すぎるため、postmaster に送られます。",
      "owner-missing": "所有者のアカウントがないため、postmaster に送られます。",
    },
    rules: {
      "domain-alias": "ドメインエイリアス:",
      "domain-wide-account": "ドメインワイドアカウント:",
      account: "アカウント:",
      alias: "エイリアス:",
      detail: "名前+詳細:",
      route: "ルート:",
      "wildcard-route": "ルート *:",
      postmaster: "postmaster:",
      "main-postmaster": "メインドメインの postmaster:",
      "built-in-postmaster": "組み込みのメールボックス:",
      "catch-all": "キャッチオール:",
      "unknown-user": "不明のユーザー名:",
      "not-ours": "当サーバーのドメインではありません:",
      loop: "循環するルート:",
      "unreadable-route": "読み取れないルート:",
    },
  },
  usage: {
    unknownOption: (name, near) =>
      `オプション ${name} はありません。${near ? `${near} ではありませんか?` : ""}`,
    unknownCommand: (name, near) =>
      `コマンド ${name} はありません。${near ? `${near} ではありませんか?` : ""}`,
    missingArgument: (name) => `${name} が指定されていません。`,
    missingValue: (name) => `${name} には値が必要です。`,
    tooMany: () => "引数が多すぎます。",
    language: (value) => `言語 ${value} はありません。en または ja を指定してください。`,
    state: (value, known) => `状態 ${value} はありません。次のいずれかを指定してください: ${known}`,
    names: () => "1 つ以上の名前または --all を指定してください。",
    namesOrAll: () => "名前と --all は同時に指定できません。",
    number: (option) => `${option} には整数を指定してください。`,
    command: () => "コマンドを指定してください。",
    listenAddress: (value) =>
      `${value} は待ち受けアドレスではありません。HOST:PORT または off を指定してください。`,
    noTerminalInput: () => "メッセージを標準入力または FILE で指定してください。",
  },
};

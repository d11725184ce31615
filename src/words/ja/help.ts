/**
 * 日本語: コマンドの説明と「rpop --help」の本文。
 */
import type { help as english } from "../en/help.ts";

export const help: typeof english = {
  titles: {
    "Usage:": "使い方:",
    "Options:": "オプション:",
    "Global Options:": "共通オプション:",
    "Arguments:": "引数:",
    "Commands:": "コマンド:",
  },
  groups: { configuration: "設定:", mail: "メール:", look: "確認:", safety: "バックアップ:" },
  options: {
    data: "データディレクトリ",
    json: "結果を JSON で出力 (スクリプト用)",
    lang: "en または ja。指定しない場合は LC_ALL、LC_MESSAGES、LANG に従います",
    quiet: "進行状況と正常な結果を表示しない",
    help: "ヘルプを表示",
    version: "バージョンを表示",
    helpCommand: "コマンドのヘルプを表示",
  },
  program: {
    description:
      "rpop は、POP3 サーバーのメールボックスからメールを取り出し、正しい受取人に、失うことも重複することもなく配信します。\n\n" +
      "コマンドはデータディレクトリに対して動作します。サーバーの動作中でも停止中でも使えます。最初に、ドメイン、アカウント、" +
      "ポーリングするリモートアカウントをファイルに記述し、「rpop apply FILE.yaml」、続いて「rpop poll --all」を実行します。",
    after: `
データディレクトリのファイル:
  rpop.db       設定と記憶されている情報
  secret.key    パスワードを暗号化するキー。rpop.db とは別にバックアップしてください
  spool/        配信途中のメッセージ
  mail/         デスティネーションを指定していないアカウントの Maildir
  maildirs/     使用したことのある Maildir の記録
  log/          出来事の記録: rpop-日付.log、新しい順に 14 ファイルまで

環境変数:
  RPOP_DATA        データディレクトリ。既定は root では /var/lib/rpop、その他では $XDG_DATA_HOME/rpop
  RPOP_KEY_FILE    DATA/secret.key 以外の場所にあるキーファイル
  NO_COLOR         色を使わない

終了コード:
  0    正常
  1    失敗: ログインの拒否、証明書、配信不可能なメール
  64   コマンドラインの誤り
  65   ファイルの誤り。何も適用されていません
  67   名前が見つからない、または複数に該当する
  75   一時的な問題。後で再試行してください

例:
  rpop apply mail.yaml --dry-run          変更内容を確認
  rpop poll --all                         すべてのアカウントを今すぐポーリング
  rpop poll alice@pop.example.com         1 件のみポーリング
  rpop queue list --state undeliverable   配信不可能なメール
  rpop trace '<id@example.com>'           メッセージの経路
`,
  },
  apply: {
    summary: "設定ファイルを適用",
    description:
      "FILE (YAML) の内容を現在の設定に重ねます。誤りが 1 つでもあれば何も適用しません。ファイルにない項目はそのまま残り、" +
      "null は既定値に戻します。pollEvery: ----- はリモートアカウントを削除します。password を省略すると変更されません。" +
      "同じファイルを再び適用しても何も変わりません。",
    file: "ファイル。- は標準入力",
    dryRun: "変更内容を表示するだけで、変更しない",
    prune: "ファイルにないものを削除する",
    deleteLeft:
      "今後メールをサーバーに残さないアカウントについて、取り出し済みで残っているメールもプロバイダから削除する。NUMBER はそのメッセージの総数",
  },
  import: {
    summary: "他のプログラムのアカウントを取り込む",
    description:
      "fetchmail、getmail、mpop、CommuniGate Pro の POP3 アカウント、または表 (CSV) を取り込みます。取り出し済みのメールの " +
      "UID も引き継ぐため、同じメールを二重に受け取ることはありません。apply と同じように動作し、取り込めなかったものとその" +
      "理由を表示します。先に元のプログラムを停止してください。以前に取り出されたメールはサーバーに残ります。RPOP が削除するのは、" +
      "RPOP 自身が取り出したメールのみです。",
    file: "設定ファイル (.fetchmailrc、getmailrc、.mpoprc、RPOP レコードの辞書、CSV ファイル)",
    format: "fetchmail、getmail、mpop、communigate、csv のいずれか。指定しない場合は名前と内容から判断",
    uids: "記憶されている UID のファイル。指定しない場合は元のプログラムの保存先",
    owner: "ファイルに受取人の指定がない場合に受け取るローカルアカウント",
    domain: "ドメインのない名前のドメイン。指定しない場合はメインドメイン",
    netrc: "ファイルにないパスワードを読み取る netrc ファイル。指定しない場合は同じホームの .netrc",
    dryRun: "変更内容を表示するだけで、何も変更しない",
  },
  export: {
    summary: "設定をファイルとして出力",
    description:
      "すべての設定を、apply で読み込める YAML として出力します。保存されているパスワードは出力されず、代わりにコメントが入ります。" +
      "--json では JSON で出力します。",
  },
  poll: {
    summary: "今すぐポーリングして配信",
    description:
      "指定したアカウント、または --all で無効でないすべてのアカウントを 1 回ポーリングします。スケジュール、間隔、以前の失敗にはよりません。" +
      "続いて、取り出したメッセージと、キューで期限の来たメッセージを 1 回ずつ配信します。動作中のサーバーがポーリング中の場合は、" +
      "その終了を待って結果を使います。",
    names: "ID、アカウント名、アカウント名@サーバー、所有者/アカウント名@サーバー",
    all: "無効でないすべてのアカウント",
  },
  backup: {
    summary: "すべてを新しいフォルダにコピー",
    description:
      "このサーバーを復元できるフォルダ DIR を作ります。ある時点のデータベース、配信途中のメッセージ、DATA/mail の Maildir が" +
      "含まれます。サーバーの動作中も使えます。DIR は完全な形でのみ作られます。",
    dir: "作成するフォルダ。まだ存在しないこと",
    withKey: "パスワードを暗号化するキーも含める。フォルダを読める人はパスワードも読めます",
    withoutMail: "DATA/mail を含めない (Maildir を別の方法でバックアップしている場合)",
  },
  restore: {
    summary: "バックアップからデータディレクトリを復元",
    description:
      "空の、またはまだ存在しないデータディレクトリ (--data) をバックアップから作ります。バックアップの後に配信されて Maildir に" +
      "あるメールは、最初のポーリングで識別され、再び配信されることはありません。元のサーバーを同時に動作させないでください。",
    backup: "「rpop backup」で作成したフォルダ",
  },
  serve: {
    summary: "スケジュールに従ってポーリングを続ける",
    description:
      "停止されるまで動作し、各アカウントを指定の間隔でポーリングして配信します。動作中も他のコマンドを使用でき、" +
      "変更はすぐに有効になります。SIGTERM と SIGINT で正常に停止し、SIGHUP で設定を読み直します。" +
      "HTTP で /health と /ready に応答します。",
    http: "HTTP の待ち受けアドレス (HOST:PORT) または off",
    logStderr: "ログを major まで文として標準エラー出力にも書き出す (ジャーナル用)",
  },
  check: {
    summary: "メールに触れずにログインを確認",
    description: "指定したアカウントにログインして確認します。メールの取り出し、削除、変更は行いません。",
  },
  log: {
    summary: "ログを表示",
    description:
      "記録された出来事を古い順に文で表示します。--json では DATA/log/ の行をそのまま出力します。記録される内容は設定 logLevel で" +
      "決まり、--level で表示を絞れます。データベースが使えないときも動作します。",
    follow: "^C まで新しい記録を表示し続ける",
    level: "crashesOnly、failures、major、problems、lowLevel、allInfo のいずれか。そのレベルまでの記録のみ",
    account: "1 つのリモートアカウントのみ: ID、ログイン名、login@server、owner/login@server",
    since: "さかのぼる期間 (30m、1h、7d など)",
  },
  marks: {
    summary: "失敗により停止中のホストとアカウント",
    description:
      "接続できないホストは、そのすべてのアカウントとともに停止します。開けないアカウントはそのアカウントだけが停止します。" +
      "マークの期限が過ぎると自動的に、マークを解除するとただちに再試行されます。",
  },
  marksList: { summary: "一覧を表示する", description: "停止の理由、開始時刻、期限を表示します。" },
  marksClear: {
    summary: "ただちに再試行する",
    description: "マークを解除します。動作中のサーバーはただちに、それ以外は次のポーリングで再試行します。",
    names: "ホスト、HOST:PORT、またはアカウントの名前",
    all: "すべてのマーク",
  },
  remoteList: {
    summary: "リモートアカウントの一覧",
    description: "すべてのリモートアカウントの、前回と次回のポーリング、失敗の理由を表示します。",
  },
  remote: {
    summary: "リモートアカウントと、プロバイダに残っているメッセージ",
    description:
      "リモートアカウントの表示と変更を行います。また、取り出されずにプロバイダに残っているメッセージ (サイズが大きすぎる、プロバイダから取り出せない、" +
      "最初のポーリングで既読とされた) も表示します。メッセージへの指示は次回のポーリングで実行されます。",
  },
  remoteMessages: {
    summary: "取り出していないメッセージの一覧",
    description:
      "アカウントの取り出していないメッセージについて、その理由、プロバイダの応答、次の試行の時刻を表示します。" +
      "これらはプロバイダから削除されません。",
  },
  remoteUids: "「rpop remote messages」で表示される UID",
  remoteRetry: {
    summary: "次回のポーリングで取り出す",
    description:
      "取り出さなかったメッセージを、サイズにかかわらず次回のポーリングで取り出します。再び失敗したものは、また停止します。",
    all: "プロバイダから取り出せなかったすべてのメッセージ",
  },
  remoteTakeHeader: {
    summary: "ヘッダのみを取り出す",
    description:
      "次回のポーリングで、ヘッダのみであることを記したメッセージとして配信します。メッセージ本体はプロバイダに残ります。",
  },
  remoteDeleteThere: {
    summary: "取り出さずにプロバイダから削除",
    description:
      "次回のポーリングで、UID とサイズが一致するメッセージを、取り出さずにプロバイダから完全に削除します。" +
      "それまでは leave-there で取り消せます。",
  },
  remoteLeaveThere: {
    summary: "指示を取り消す",
    description: "まだ実行されていない指示を取り消します。",
  },
  status: {
    summary: "現在の状況を表示",
    description: "アカウント、キュー、ディスク、対応が必要なものを表示します。",
  },
  queue: {
    summary: "キューのメッセージの確認と操作",
    description:
      "キューには配信途中のメッセージと、処理を決めるまで保管される配信不可能なメッセージがあります。ENTRY には" +
      "「rpop queue list」の ID を指定します。最後の番号を省くと、そのメッセージのすべての受取人を表します。",
  },
  queueList: {
    summary: "キューの一覧",
    description: "メッセージと受取人の組み合わせごとに表示します。",
    state: "指定した状態のみ: queued、ready、sending、held、undeliverable",
  },
  queueShow: {
    summary: "キューのメッセージを表示",
    description: "メッセージ、受取人、ヘッダを表示します。",
  },
  queueRetry: {
    summary: "再試行",
    description: "ただちに再試行されるようにします。配信不可能なものも対象で、保持期間は新しくなります。",
    all: "待機中と配信不可能のすべて",
  },
  queueHold: { summary: "保留", description: "解除されるまで保留します。", all: "待機中のすべて" },
  queueRelease: { summary: "保留を解除", description: "保留を解除します。", all: "保留中のすべて" },
  queueRedirect: {
    summary: "別のアドレスに配信",
    description: "別のアドレスに配信します。保持期間は新しくなります。",
    to: "アドレス",
  },
  queueDrop: { summary: "破棄", description: "完全に破棄します。元に戻せません。" },
  entry: "キューの ID",
  trace: {
    summary: "メッセージの経路を表示",
    description: "プロバイダからメールボックスまでの経路を、判断と時刻とともに表示します。",
    what: "Message-ID、UID、受取人のアドレス、または RPOP のメッセージ ID",
  },
  analyse: {
    summary: "統合ドメインワイドアカウントに適した特別なフィールドを調べる",
    description:
      "最新 50 件のヘッダを読み、既知の特別なフィールドと To、Cc、Bcc について、含まれていた数と、アカウントに配信できる割合を" +
      "表示し、設定すべきものを示します。メールの取り出しや変更は行いません。",
  },
  envelope: {
    summary: "メッセージの配信先を説明",
    description: "メッセージを読み、アドレスごとに配信先とその理由を説明します。取り出しも送信も行いません。",
    file: "メッセージ。指定しない場合は標準入力",
    account: "取り出し元とみなすリモートアカウント。統合ドメインワイドアカウントが 1 つの場合は省略できます",
  },
};

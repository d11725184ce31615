/**
 * 日本語: 他のプログラムの設定のうち、取り込めなかったものとその理由。
 */
import type { importNotes as english } from "../en/import.ts";
import type { Params, Sentence } from "../params.ts";

const of = (p: Params) => (p.account ? `${p.account}: ` : "");

export const importNotes = {
  "not-understood": (p) => `${p.text ? `"${p.text}" は` : "この部分は"}解釈できないため、無視しました。`,
  "unknown-column": (p) => `列 ${p.column} に対応するキーがないため、無視しました。`,
  "not-pop3": (p) =>
    `${of(p)}POP3 ではありません${p.protocol ? ` (${p.protocol})` : ""}。RPOP は POP3 のみに対応しているため、このアカウントは取り込みませんでした。`,
  "no-login": (p) =>
    `${p.server || "このアカウント"}: ログイン名がありません。以前のプログラムは実行した利用者の名前を使用します。このアカウントは取り込みませんでした。`,
  "no-server": (p) => `${of(p)}サーバーの指定がないため、このアカウントは取り込みませんでした。`,
  "no-password": (p) =>
    `${of(p)}パスワードが見つかりません (キーリングに保存されているか、毎回入力している可能性があります)。このアカウントは取り込みませんでした。パスワードをファイルに追加するか、--netrc で netrc ファイルを指定して、もう一度取り込んでください。`,
  "no-counterpart": (p) => `${of(p)}${p.option} に相当する機能は RPOP にありません。`,
  "global-setting": (p) =>
    `${of(p)}${p.option} は RPOP ではすべてのアカウントに共通です。設定 ${p.setting} を参照してください。`,
  "never-deletes": (p) =>
    `${of(p)}${p.option} は、取り出したばかりのメール以外も削除します。RPOP が削除するのは RPOP 自身が取り出したメールのみで、その他のメールはプロバイダに残ります。`,
  "delete-after": (p) =>
    `${of(p)}${p.days} 日後の削除は取り込みませんでした。leaveOnServer を変更するまで、メールはプロバイダに残ります。`,
  "weak-fingerprint": (p) =>
    `${of(p)}フィンガープリントが ${p.digest ? p.digest : "SHA-256 以外"} で作られています。tlsFingerprint で使用できるのは SHA-256 のみです。証明書を信頼できるようにした後、「rpop check」で確認できます。`,
  "certificate-checked": (p) =>
    `${of(p)}${p.option} は取り込みませんでした。RPOP は証明書を検証します。検証できない場合は tlsFingerprint または caFile を設定してください。`,
  "starttls-demanded": (p) =>
    `${of(p)}STARTTLS は提供されている場合にのみ使用されていました。RPOP では必須になります (tls: starttls)。サーバーが対応していない場合は tls を implicit または off にしてください。`,
  "protocol-assumed": (p) => `${of(p)}プロトコルの指定がないため、POP3 とみなしました。`,
  "read-all": (p) =>
    `${of(p)}${p.option} により、サーバーに残したメールが毎回取り出されていました。RPOP は各メッセージを一度だけ取り出します。`,
  "relative-path": (p) => `${of(p)}${p.path} は絶対パスではないため、取り込みませんでした。`,
  "delivery-lost": (p) =>
    `${of(p)}RPOP では "${p.delivery}" による配信はできません。新しいローカルアカウントには Maildir が使用されます。別の配信先にする場合はデスティネーションを設定してください。`,
  "delivery-kept": (p) =>
    `${p.name} はすでに存在するため、デスティネーションは変更しません。ファイルでは ${p.delivery} に配信されていました。`,
  "delivery-each": (p) =>
    `${of(p)}これまでと同じように配信するには、各ローカルアカウントのデスティネーションを ${p.delivery} にしてください。`,
  "local-smtp": (p) =>
    `${of(p)}メールはこのマシンのメールサーバーに渡されていました。新しいローカルアカウントには Maildir が使用されます。これまでと同じにするには、デスティネーションを ${p.destination} にしてください。`,
  "received-envelope": (p) =>
    `${of(p)}受取人は Received フィールドからも読み取られていました。RPOP は X-Envelope-To、なければ To、Cc、Bcc を使用します。プロバイダが別のフィールドに書き込む場合は specialHeader を設定してください。`,
  "envelope-position": (p) =>
    `${of(p)}${p.position} 番目の ${p.field} フィールドが使用されていました。RPOP は最後に追加された一連のフィールドをすべて使用します。「rpop envelope」で結果を確認できます。`,
  "domain-not-here": (p) =>
    `${p.domain} は当サーバーのドメインではないため、宛先のメールは postmaster に送られます。ドメインまたはエイリアスとして追加してください。`,
  "other-name": (p) =>
    `${p.alias} 宛てのメールは ${p.name} に送られていました。このアカウントはすでに存在するため、エイリアスを追加してください。`,
  "pattern-lost": (p) =>
    `${of(p)}パターン ${p.pattern} は通常のアドレスではありません。該当するアカウントまたはエイリアスを追加してください。`,
  "postmaster-name": (p) =>
    `受取人を特定できないメールは ${p.name} に送られていました。RPOP ではメインドメインの postmaster に送られます。これまでと同じにするには、いずれかのアカウントにエイリアス postmaster を追加してください。`,
  "owner-not-needed": (p) =>
    `${of(p)}統合ドメインワイドアカウントのメールは各受取人に配信されるため、所有者 ${p.owner} は無視しました。`,
  "no-uids": (p) =>
    `${of(p)}記憶されている UID が見つかりません。現在サーバーにあるメールはすべて再度取り出されます。これを避けるには、UID のファイルを --uids で指定してください。`,
  "uids-of-nobody": (p) =>
    `${p.name} の UID (${p.count} 件) に対応するアカウントが取り込まれていないため、無視しました。`,
  "uids-not-understood": () => "UID を読み取れないため、この行は無視しました。",
} satisfies Record<keyof typeof english, Sentence>;

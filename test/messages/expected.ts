/**
 * What must become of each message file in this folder, by the rules of spec 6 and 7.
 *
 * Written by hand from the rules. The routing table they hold for is `routing-table.ts`; each file is in LF
 * form and shows the one thing that it is named after.
 */

/** The remote account that the message came from. */
export type AccountName =
  | "plain"
  | "x-real-to"
  | "delivered-to"
  | "x-original-to"
  | "envelope-to"
  | "x-envelope-to"
  | "relaying"
  | "personal";

export interface Expected {
  /** The file's name without `.eml`. */
  readonly message: string;
  /** Left out: `plain`, a unified account without special header. */
  readonly account?: AccountName;
  /** The reverse-path. */
  readonly sender: string;
  /**
   * Local accounts by their address (a domain-wide one with `/` and the forward-path), `postmaster` for the
   * built-in mailbox, `remote:ADDRESS` through the relay, `refused:ADDRESS` for an unknown user that is reported.
   */
  readonly gets: readonly string[];
  /** Left out: never. */
  readonly notify?: "failure";
  /** Why it fell to the postmaster. */
  readonly because?: string;
  /** The special header is set for the account and not in this message. */
  readonly specialHeaderAbsent?: true;
  /** The other addresses and pieces, each with its verdict; what cannot be read stands last. */
  readonly others?: readonly string[];
}

export const expected: readonly Expected[] = [
  // What mail programs write
  { message: "thunderbird-one-recipient", sender: "ann@sender.example", gets: ["alice@example.com"] },
  {
    message: "apple-mail-names-and-cc",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
    others: ["ignored kate@other.example"],
  },
  {
    message: "outlook-quoted-display-address",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  {
    message: "outlook-single-quoted-bare-address",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
  },
  {
    message: "outlook-semicolons-between-addresses",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com", "carol@example.com"],
  },
  { message: "gmail-web-client", sender: "ann.sender@gmail.example", gets: ["alice@example.com"] },
  {
    message: "mutt-bcc-left-in-header",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  {
    message: "pine-comment-names",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  {
    message: "lotus-notes-blanks-in-local-part",
    sender: "ann@sender.example",
    gets: ["bob@example.com"],
    others: ["unreadable Alice Smith/Sales@example.com"],
  },
  { message: "sylpheed-empty-cc", sender: "ann@sender.example", gets: ["alice@example.com"] },
  {
    message: "eudora-address-twice-with-different-case",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
    others: ["repeated ALICE@example.com"],
  },
  { message: "name-looks-like-another-address", sender: "ann@sender.example", gets: ["bob@example.com"] },
  {
    message: "quoted-name-with-comma-and-at",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  { message: "quoted-name-with-escaped-quotes", sender: "ann@sender.example", gets: ["alice@example.com"] },
  {
    message: "encoded-word-names",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  {
    message: "encoded-word-with-raw-comma-and-at",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
  },
  { message: "encoded-word-glued-to-address", sender: "ann@sender.example", gets: ["alice@example.com"] },
  {
    message: "encoded-word-hides-whole-address",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ["unreadable =?utf-8?B?YWxpY2VAZXhhbXBsZS5jb20=?="],
  },
  {
    message: "iphone-group-reply",
    sender: "ann@sender.example",
    gets: ["bob@example.com", "alice@example.com"],
    others: ["ignored kate@other.example"],
  },
  {
    message: "lower-case-field-names",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  { message: "upper-case-field-names", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "blank-before-colon", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "no-blank-after-colon", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "two-to-fields", sender: "ann@sender.example", gets: ["alice@example.com", "bob@example.com"] },
  {
    message: "long-list-folded-at-every-address",
    sender: "ann@sender.example",
    gets: [
      "alice@example.com",
      "bob@example.com",
      "carol@example.com",
      "dave@second.example",
      "erin@second.example",
    ],
  },

  // Groups and lists
  {
    message: "undisclosed-recipients-group",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "nobody-left",
  },
  {
    message: "undisclosed-recipients-without-semicolon",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "nobody-left",
  },
  {
    message: "undisclosed-recipients-in-words",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ["unreadable Undisclosed recipients"],
  },
  {
    message: "sendmail-unlisted-recipients",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "nobody-left",
  },
  {
    message: "group-with-members",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com", "carol@example.com"],
  },
  {
    message: "group-without-end",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  {
    message: "rfc5322-appendix-a5-comments-everywhere",
    sender: "pete@silly.test",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ["ignored c@public.example", "ignored joe@example.org", "ignored jdoe@one.test"],
  },
  {
    message: "rfc5322-appendix-a63-white-space-in-addresses",
    sender: "jdoe@machine.example",
    gets: ["alice@example.com"],
    others: ["ignored mary@example.test"],
  },
  {
    message: "mailman-list-post",
    sender: "dev-bounces@lists.project.example",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ["ignored dev@lists.project.example"],
  },
  {
    message: "list-post-with-us-in-cc",
    sender: "dev-bounces@lists.project.example",
    gets: ["alice@example.com"],
    others: ["ignored dev@lists.project.example"],
  },
  {
    message: "list-with-special-header",
    account: "x-real-to",
    sender: "dev-bounces@lists.project.example",
    gets: ["alice@example.com"],
    notify: "failure",
  },
  {
    message: "newsletter-verp-return-path",
    sender: "bounce-12345-alice=example.com@news.example",
    gets: ["alice@example.com"],
  },
  {
    message: "srs-return-path",
    sender: "SRS0=HHH=TT=sender.example=ann@forwarder.example",
    gets: ["alice@example.com"],
  },
  {
    message: "yahoo-groups-long-verp",
    sender: "sentto-1234567-89-1262304000-alice=example.com@returns.groups.yahoo.example",
    gets: ["alice@example.com"],
  },

  // The reverse-path
  { message: "return-path-null", sender: "<>", gets: ["alice@example.com"] },
  { message: "return-path-absent", sender: "<>", gets: ["alice@example.com"] },
  {
    message: "return-path-twice-topmost-counts",
    sender: "bounce@forwarder.example",
    gets: ["alice@example.com"],
  },
  { message: "return-path-without-brackets", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "return-path-mailer-daemon-without-domain", sender: "<>", gets: ["alice@example.com"] },
  { message: "return-path-empty", sender: "<>", gets: ["alice@example.com"] },
  { message: "return-path-garbage", sender: "<>", gets: ["alice@example.com"] },
  { message: "return-path-two-addresses", sender: "<>", gets: ["alice@example.com"] },
  { message: "return-path-source-route", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "return-path-with-comment", sender: "ann@sender.example", gets: ["alice@example.com"] },
  {
    message: "return-path-folded",
    sender: "a-very-long-bounce-address-0123456789@bounces.sender.example",
    gets: ["alice@example.com"],
  },
  { message: "return-path-docomo", sender: "taro..suzuki.@docomo.ne.jp", gets: ["alice@example.com"] },
  { message: "return-path-below-received", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "return-path-control-character", sender: "<>", gets: ["alice@example.com"] },
  {
    message: "return-path-quoted-local-part-with-at",
    sender: "ann@example.com@sender.example",
    gets: ["alice@example.com"],
  },

  // Special headers
  {
    message: "x-real-to-one",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
    notify: "failure",
  },
  {
    message: "x-real-to-several-in-one-field",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
    notify: "failure",
  },
  {
    message: "x-real-to-one-field-each",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com", "carol@example.com"],
    notify: "failure",
  },
  {
    message: "x-real-to-blanks-for-commas",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
    notify: "failure",
  },
  {
    message: "x-real-to-hides-to",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["bob@example.com"],
    notify: "failure",
  },
  {
    message: "x-real-to-former-hop-ignored",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
    notify: "failure",
  },
  {
    message: "x-real-to-forged-below-received",
    account: "x-real-to",
    sender: "eve@evil.example",
    gets: ["alice@example.com"],
    notify: "failure",
  },
  {
    message: "x-real-to-absent-falls-back-to-to",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
    specialHeaderAbsent: true,
  },
  {
    message: "x-real-to-empty",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "no-readable-address",
  },
  {
    message: "x-real-to-unreadable",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "no-readable-address",
    others: ["unreadable @"],
  },
  {
    message: "x-real-to-name-without-domain",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "no-readable-address",
    others: ["no-domain alice"],
  },
  {
    message: "x-real-to-unknown-user-is-reported",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["refused:ghost@example.com"],
    notify: "failure",
  },
  {
    message: "x-real-to-known-and-unknown-user",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "refused:ghost@example.com"],
    notify: "failure",
  },
  {
    message: "x-real-to-foreign-domain",
    account: "x-real-to",
    sender: "eve@evil.example",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ["foreign victim@elsewhere.example"],
  },
  {
    message: "x-real-to-foreign-beside-ours",
    account: "x-real-to",
    sender: "eve@evil.example",
    gets: ["alice@example.com"],
    notify: "failure",
    others: ["foreign victim@elsewhere.example"],
  },
  {
    message: "x-real-to-foreign-relayed-on-demand",
    account: "relaying",
    sender: "ann@sender.example",
    gets: ["remote:kate@other.example", "alice@example.com"],
    notify: "failure",
  },
  {
    message: "x-real-to-route-elsewhere",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["remote:sales@crm.example"],
    notify: "failure",
  },
  {
    message: "x-real-to-looping-route",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["refused:ping@example.com"],
    notify: "failure",
  },
  {
    message: "x-real-to-postmaster",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    notify: "failure",
  },
  {
    message: "x-real-to-same-account-by-two-names",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
    notify: "failure",
    others: ["repeated alice.smith@example.net", "repeated alice+shop@example.com"],
  },
  {
    message: "x-real-to-domain-wide-account",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["collector@wide.example/info@wide.example", "collector@wide.example/jobs@wide.example"],
    notify: "failure",
    others: ["repeated INFO@wide.example"],
  },
  {
    message: "x-real-to-quoted-local-part-keeps-its-domain",
    account: "x-real-to",
    sender: "eve@evil.example",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ['foreign "alice@example.com"@evil.example'],
  },
  {
    message: "x-real-to-two-at-signs",
    account: "x-real-to",
    sender: "eve@evil.example",
    gets: ["postmaster"],
    because: "no-readable-address",
    others: ["unreadable alice@example.com@evil.example"],
  },
  {
    message: "x-real-to-nested-too-deep",
    account: "x-real-to",
    sender: "eve@evil.example",
    gets: ["postmaster"],
    because: "too-deep",
  },
  {
    message: "x-real-to-folded",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
    notify: "failure",
  },
  {
    message: "x-real-to-ldap-style-original-recipient",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
    notify: "failure",
    others: ["no-domain rfc822"],
  },
  {
    message: "sendmail-appendix-x-real-to",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
    notify: "failure",
  },
  {
    message: "qmail-delivered-to-with-prefix",
    account: "delivered-to",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
    notify: "failure",
  },
  {
    message: "qmail-prefix-in-other-case",
    account: "delivered-to",
    sender: "ann@sender.example",
    gets: ["bob@example.com"],
    notify: "failure",
  },
  {
    message: "qmail-prefix-missing",
    account: "delivered-to",
    sender: "ann@sender.example",
    gets: ["carol@example.com"],
    notify: "failure",
  },
  {
    message: "qmail-prefix-and-nothing-else",
    account: "delivered-to",
    sender: "ann@sender.example",
    gets: ["refused:mbox-@example.com"],
    notify: "failure",
  },
  {
    message: "postfix-delivered-to-of-the-mailbox-only",
    account: "delivered-to",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ["foreign collect@isp.example"],
  },
  {
    message: "postfix-x-original-to",
    account: "x-original-to",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
    notify: "failure",
  },
  {
    message: "postfix-x-original-to-twice-in-one-hop",
    account: "x-original-to",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
    notify: "failure",
  },
  {
    message: "exim-envelope-to",
    account: "envelope-to",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "carol@example.com"],
    notify: "failure",
  },
  {
    message: "x-envelope-to-with-comment",
    account: "x-envelope-to",
    sender: "ann@sender.example",
    gets: ["bob@example.com"],
    notify: "failure",
  },
  {
    message: "exchange-journal-without-special-header",
    account: "x-real-to",
    sender: "<>",
    gets: ["alice@example.com"],
    specialHeaderAbsent: true,
  },
  {
    message: "special-header-in-body-is-no-header",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
    specialHeaderAbsent: true,
  },
  {
    message: "special-header-named-alike-is-another",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
    specialHeaderAbsent: true,
  },

  // Which addresses are ours
  { message: "to-alias", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "to-domain-alias", sender: "ann@sender.example", gets: ["bob@example.com"] },
  { message: "to-detail", sender: "ann@sender.example", gets: ["alice@example.com"] },
  {
    message: "to-detail-of-unknown-name",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ["ignored ghost+shop@example.com"],
  },
  {
    message: "to-same-local-part-other-domain",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ["ignored alice@other.example"],
  },
  {
    message: "to-subdomain-is-another-domain",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ["ignored alice@mail.example.com", "ignored alice@notexample.com"],
  },
  {
    message: "to-unknown-user-is-ignored",
    sender: "ann@sender.example",
    gets: ["bob@example.com"],
    others: ["ignored ghost@example.com"],
  },
  {
    message: "to-route-elsewhere-is-ignored",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ["ignored sales@example.com"],
  },
  { message: "to-route-to-local-account", sender: "ann@sender.example", gets: ["bob@example.com"] },
  {
    message: "to-looping-route",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ["ignored ping@example.com"],
  },
  { message: "to-catch-all-domain", sender: "ann@sender.example", gets: ["dave@second.example"] },
  {
    message: "to-two-names-of-a-catch-all",
    sender: "ann@sender.example",
    gets: ["dave@second.example"],
    others: ["repeated anybody@second.example", "repeated dave@second.example"],
  },
  { message: "to-postmaster-of-main-domain", sender: "ann@sender.example", gets: ["postmaster"] },
  { message: "to-postmaster-wins-over-catch-all", sender: "ann@sender.example", gets: ["postmaster"] },
  {
    message: "to-postmaster-account-of-its-own",
    sender: "ann@sender.example",
    gets: ["webmaster@xn--bcher-kva.example"],
  },
  {
    message: "to-domain-wide-account",
    sender: "ann@sender.example",
    gets: ["collector@wide.example/anyone@wide.example"],
  },
  { message: "to-trailing-dot-in-domain", sender: "ann@sender.example", gets: ["alice@example.com"] },
  {
    message: "to-address-literal",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
    others: ["ignored bob@[192.0.2.1]", "ignored bob@[ipv6:2001:db8::1]"],
  },
  {
    message: "to-percent-hack",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ["ignored kate%other.example@example.com"],
  },
  { message: "to-quoted-local-part-of-ours", sender: "ann@sender.example", gets: ["alice@example.com"] },
  {
    message: "to-name-without-domain",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ["no-domain alice", "no-domain bob"],
  },
  { message: "cc-only", sender: "ann@sender.example", gets: ["carol@example.com"] },
  { message: "bcc-only", sender: "ann@sender.example", gets: ["carol@example.com"] },
  { message: "resent-fields-are-not-asked", sender: "ann@sender.example", gets: ["alice@example.com"] },
  {
    message: "apparently-to-is-not-asked",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "nobody-left",
  },
  {
    message: "from-us-to-others",
    sender: "alice@example.com",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ["ignored kate@other.example"],
  },

  // Personal accounts
  {
    message: "personal-owner-gets-all",
    account: "personal",
    sender: "ann@sender.example",
    gets: ["bob@example.com"],
  },
  { message: "personal-without-header", account: "personal", sender: "<>", gets: ["bob@example.com"] },
  {
    message: "personal-return-path-treated-alike",
    account: "personal",
    sender: "bounce@forwarder.example",
    gets: ["bob@example.com"],
  },
  {
    message: "personal-keeps-other-trace-fields",
    account: "personal",
    sender: "ann@sender.example",
    gets: ["bob@example.com"],
  },

  // Japanese and other alphabets
  {
    message: "japanese-iso-2022-jp-encoded",
    sender: "taro@sender.example",
    gets: ["alice@example.com", "tanaka@xn--wgv71a119e.example"],
  },
  {
    message: "japanese-raw-iso-2022-jp-names",
    sender: "taro@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  {
    message: "japanese-raw-iso-2022-jp-unterminated",
    sender: "taro@sender.example",
    gets: ["alice@example.com"],
  },
  { message: "japanese-raw-shift-jis-backslash", sender: "taro@sender.example", gets: ["alice@example.com"] },
  {
    message: "japanese-raw-shift-jis-name",
    sender: "taro@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  { message: "japanese-raw-euc-jp-name", sender: "taro@sender.example", gets: ["alice@example.com"] },
  {
    message: "japanese-utf8-names",
    sender: "taro@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  {
    message: "japanese-honorific-behind-address",
    sender: "taro@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  { message: "japanese-ideographic-space", sender: "taro@sender.example", gets: ["alice@example.com"] },
  {
    message: "docomo-recipient-with-stray-dots",
    sender: "hanako@docomo.ne.jp",
    gets: ["kei..ko.@example.com"],
  },
  {
    message: "docomo-quoted-form-is-the-same-address",
    sender: "hanako@docomo.ne.jp",
    gets: ["kei..ko.@example.com"],
    others: ['repeated "kei..ko."@example.com'],
  },
  {
    message: "docomo-among-others",
    sender: "taro@sender.example",
    gets: ["alice@example.com"],
    others: ['ignored "a..b"@docomo.ne.jp', 'ignored ".c."@ezweb.ne.jp'],
  },
  { message: "au-ezweb-mail", sender: "hana-.-chan@ezweb.ne.jp", gets: ["bob@example.com"] },
  {
    message: "docomo-special-header-with-stray-dots",
    account: "x-real-to",
    sender: ".x..@docomo.ne.jp",
    gets: ["kei..ko.@example.com"],
    notify: "failure",
  },
  { message: "idn-u-label", sender: "ann@sender.example", gets: ["webmaster@xn--bcher-kva.example"] },
  {
    message: "idn-a-label-in-capitals",
    sender: "ann@sender.example",
    gets: ["webmaster@xn--bcher-kva.example"],
  },
  {
    message: "idn-both-forms-one-recipient",
    sender: "ann@sender.example",
    gets: ["webmaster@xn--bcher-kva.example"],
    others: ["repeated webmaster@xn--bcher-kva.example"],
  },
  {
    message: "idn-decomposed-umlaut",
    sender: "ann@sender.example",
    gets: ["webmaster@xn--bcher-kva.example"],
  },
  { message: "idn-latin1-bytes", sender: "ann@sender.example", gets: ["webmaster@xn--bcher-kva.example"] },
  {
    message: "idn-ideographic-full-stop",
    sender: "ann@sender.example",
    gets: ["tanaka@xn--wgv71a119e.example"],
  },
  { message: "utf8-local-part", sender: "佐藤@sender.example", gets: ["田中@xn--wgv71a119e.example"] },
  {
    message: "utf8-local-part-capital-umlaut",
    sender: "ann@sender.example",
    gets: ["jürgen@xn--bcher-kva.example"],
  },
  {
    message: "idn-special-header",
    account: "x-real-to",
    sender: "ann@sender.example",
    gets: ["tanaka@xn--wgv71a119e.example"],
    notify: "failure",
  },
  { message: "koi8-r-raw-name", sender: "ivan@sender.example", gets: ["alice@example.com"] },
  { message: "chinese-gb2312-raw-quoted-name", sender: "li@sender.example", gets: ["alice@example.com"] },
  { message: "arabic-right-to-left-marks", sender: "ann@sender.example", gets: ["alice@example.com"] },

  // Broken lists
  { message: "missing-comma", sender: "ann@sender.example", gets: ["alice@example.com", "bob@example.com"] },
  {
    message: "missing-comma-between-brackets",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  {
    message: "missing-closing-bracket",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  {
    message: "missing-opening-bracket",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  { message: "doubled-brackets", sender: "ann@sender.example", gets: ["alice@example.com"] },
  {
    message: "all-addresses-in-one-bracket",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  { message: "mailto-in-brackets", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "mailto-bare", sender: "ann@sender.example", gets: ["alice@example.com"] },
  {
    message: "unbalanced-quote-at-start",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  {
    message: "unbalanced-quote-closed-by-the-next-name",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com", "carol@example.com"],
  },
  {
    message: "unbalanced-quote-in-one-field-only",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  {
    message: "unbalanced-parenthesis",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  {
    message: "stray-closing-parenthesis",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  { message: "comment-inside-address", sender: "ann@sender.example", gets: ["carol@example.com"] },
  { message: "source-route", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "commas-only", sender: "ann@sender.example", gets: ["postmaster"], because: "nobody-left" },
  {
    message: "empty-entries-between-addresses",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  {
    message: "one-bad-address-among-good-ones",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
    others: ["unreadable @example.com", "unreadable carol@"],
  },
  {
    message: "blank-inside-bracketed-local-part",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
    others: ["unreadable big bob@example.com"],
  },
  {
    message: "name-before-address-without-brackets",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
  },
  { message: "abbreviation-before-address", sender: "ann@sender.example", gets: ["bob@example.com"] },
  {
    message: "whole-address-in-quotes",
    sender: "ann@sender.example",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ['no-domain "alice@example.com"'],
  },
  { message: "colon-in-unquoted-name", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "list-tag-in-brackets-before-name", sender: "ann@sender.example", gets: ["alice@example.com"] },
  {
    message: "slash-x400-address",
    sender: "ann@sender.example",
    gets: ["bob@example.com"],
    others: ["ignored /G=Alice/S=Smith/O=Corp/C=DE/@x400.example"],
  },
  {
    message: "address-over-500-characters",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
    others: [
      "unreadable aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ],
  },
  {
    message: "nul-in-address",
    sender: "ann@sender.example",
    gets: ["bob@example.com"],
    others: ["unreadable al\u0000ice@example.com"],
  },

  // Broken messages
  { message: "no-header", sender: "<>", gets: ["postmaster"], because: "nobody-left" },
  { message: "empty-first-line", sender: "<>", gets: ["postmaster"], because: "nobody-left" },
  { message: "one-blank-line", sender: "<>", gets: ["postmaster"], because: "nobody-left" },
  { message: "header-without-body", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "header-ends-with-blank-line", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "garbage-line-ends-header", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "garbage-first-line", sender: "<>", gets: ["postmaster"], because: "nobody-left" },
  { message: "mbox-line-on-top", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "mbox-line-quoted-inside-header", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "continuation-as-first-line", sender: "<>", gets: ["postmaster"], because: "nobody-left" },
  { message: "blank-only-line-in-header", sender: "ann@sender.example", gets: ["alice@example.com"] },
  {
    message: "carriage-returns-left-over",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  {
    message: "lone-carriage-return-inside-value",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
  },
  { message: "nul-bytes-in-header-and-body", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "eight-bit-field-name", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "byte-order-mark-first", sender: "<>", gets: ["postmaster"], because: "nobody-left" },
  { message: "field-with-empty-name", sender: "ann@sender.example", gets: ["alice@example.com"] },
  {
    message: "subject-without-colon-folded-oddly",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
  },
  {
    message: "to-field-of-64-kilobytes-of-blanks",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
  },
  { message: "no-final-newline", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "mime-part-headers-are-body", sender: "ann@sender.example", gets: ["alice@example.com"] },
  { message: "dot-lines-in-body", sender: "ann@sender.example", gets: ["alice@example.com"] },

  // Spam, reports, programs
  {
    message: "spam-many-strangers-and-us",
    sender: "winner@spam.example",
    gets: ["alice@example.com", "carol@example.com"],
    others: ["ignored aaron@example.com", "ignored abel@example.com", "ignored adam@example.org"],
  },
  {
    message: "spam-forged-received-for",
    sender: "winner@spam.example",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ["ignored friend@public.example"],
  },
  { message: "spam-header-injection-attempt", sender: "winner@spam.example", gets: ["alice@example.com"] },
  { message: "delivery-report", sender: "<>", gets: ["alice@example.com"] },
  { message: "vacation-reply", sender: "<>", gets: ["bob@example.com"] },
  {
    message: "calendar-invitation",
    sender: "ann@sender.example",
    gets: ["alice@example.com", "bob@example.com"],
    others: ["ignored room1@rooms.sender.example"],
  },
  {
    message: "fax-gateway-phone-number",
    sender: "fax@gateway.example",
    gets: ["alice@example.com"],
    others: ["ignored FAX=+49-30-1234567@gateway.example"],
  },
  {
    message: "cron-mail-local-names",
    sender: "root@web1.example.com",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ["no-domain root"],
  },
  {
    message: "provider-spam-digest-to-collecting-mailbox",
    sender: "noreply@isp.example",
    gets: ["postmaster"],
    because: "nobody-left",
    others: ["ignored example.com@isp.example"],
  },
  { message: "our-own-received-kept", sender: "ann@sender.example", gets: ["alice@example.com"] },
  {
    message: "delivered-to-with-our-address-is-kept",
    sender: "ann@sender.example",
    gets: ["alice@example.com"],
  },
];

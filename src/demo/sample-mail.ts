/**
 * Sample mail for the demo: two people's mailboxes at a provider, and one mailbox in which a provider collects a whole
 * domain. English and Japanese; each message shows one way in which its recipient is found.
 */

export interface SampleMessage {
  /** In a line, what is special about it; the demo's table shows it. */
  readonly about: string;
  readonly messageIdField: string;
  /** Bytes with LF line ends. */
  readonly bytes: Buffer;
}

export interface SampleMailbox {
  readonly login: string;
  readonly password: string;
  readonly messages: readonly SampleMessage[];
}

/** The domain of the sample, whose mail the provider collects in one mailbox. */
export const sampleDomain = "harbor.example";

/** `来週の打ち合わせについて` and its letter, as Japanese mail programs have written them since 1993 (RFC 1468). */
const meetingSubject = "=?ISO-2022-JP?B?GyRCTWg9NSROQkckQTlnJG8kOyRLJEQkJCRGGyhC?=";
const meetingLetter =
  "\u001b$B7rFsMM\u001b(B\n\n\u001b$B$*@$OC$K$J$C$F$*$j$^$9!#Mh=5$NBG$A9g$o$;$O2PMKF|$N==;~$+$i$G$*4j$$$7$^$9!#\u001b(B\n";
/** `【重要】年末年始の営業日`. */
const holidaySubject = "=?UTF-8?B?44CQ6YeN6KaB44CR5bm05pyr5bm05aeL44Gu5Za25qWt5pel?=";

/** A letter: header lines as given, then a date, an id made from `name`, and the body. */
function letter(about: string, name: string, header: readonly string[], body: string): SampleMessage {
  const messageIdField = `<${name}@sample.example>`;
  const lines = [
    ...header,
    "Date: Mon, 02 Nov 2026 09:30:00 +0900",
    `Message-ID: ${messageIdField}`,
    "MIME-Version: 1.0",
  ];
  return { about, messageIdField, bytes: Buffer.from(`${lines.join("\n")}\n\n${body}`) };
}

const iso2022jp = "Content-Type: text/plain; charset=ISO-2022-JP";
const utf8 = "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit";

const alice: SampleMailbox = {
  login: "alice",
  password: "anchor and rope",
  messages: [
    letter(
      "personal, in English",
      "lunch",
      [
        "Return-Path: <bob@friends.example>",
        "From: Bob <bob@friends.example>",
        "To: Alice <alice@inbox.example>",
      ].concat("Subject: Lunch on Friday?"),
      "Shall we meet at the pier at noon?\n\n.  <- a line that begins with a dot\n",
    ),
    letter(
      "personal, UTF-8",
      "photos",
      ["From: Yoko <yoko@friends.example>", "To: alice@inbox.example", `Subject: ${holidaySubject}`, utf8],
      "年末は二十八日まで、年始は五日からです。\n",
    ),
  ],
};

const kenji: SampleMailbox = {
  login: "kenji@inbox.example",
  password: "波止場 2026",
  messages: [
    letter(
      "personal, ISO-2022-JP",
      "uchiawase",
      ["Return-Path: <sato@office.example>", "From: sato@office.example", "To: kenji@inbox.example"].concat(
        `Subject: ${meetingSubject}`,
        iso2022jp,
      ),
      meetingLetter,
    ),
    letter(
      "personal, sender with stray dots",
      "keitai",
      [
        "Return-Path: <ryo..jp.@mobile.example>",
        "From: ryo..jp.@mobile.example",
        "To: kenji@inbox.example",
        "Subject: hi",
      ],
      "on my way\n",
    ),
  ],
};

/** A letter to the domain: X-Real-To names who it was for, as the provider saw it. */
function domainLetter(
  about: string,
  name: string,
  realTo: readonly string[],
  header: readonly string[],
  body = "Hello from the sample.\n",
): SampleMessage {
  const special =
    realTo.length === 0 ? [] : [`X-Real-To: ${realTo.map((local) => `${local}@${sampleDomain}`).join(", ")}`];
  const sender = [
    "Return-Path: <customer@shop.example>",
    ...special,
    "From: Customer <customer@shop.example>",
  ];
  return letter(about, name, [...sender, ...header], body);
}

const copyForTwo = [
  "To: alice@harbor.example, yuki@harbor.example",
  "Subject: The copy your provider kept for each",
];

const domain: SampleMailbox = {
  login: sampleDomain,
  password: "lighthouse",
  messages: [
    domainLetter(
      "X-Real-To names one person",
      "order-17",
      ["alice"],
      ["To: alice@harbor.example", "Subject: Order 17"],
    ),
    domainLetter(
      "X-Real-To names two",
      "minutes",
      ["alice", "kenji"],
      ["To: all@harbor.example", "Subject: Minutes"],
    ),
    domainLetter("an alias", "offer", ["sales"], ["To: sales@harbor.example", "Subject: An offer, please"]),
    domainLetter(
      "an address with +detail",
      "ticket",
      ["yuki+travel"],
      ["To: yuki+travel@harbor.example", "Subject: Ticket"],
    ),
    domainLetter(
      "mailing list",
      "digest-9",
      ["yuki"],
      ["To: sailing@lists.example", "List-Id: <sailing.lists.example>"].concat("Subject: [sailing] Digest 9"),
    ),
    domainLetter(
      "Bcc",
      "surprise",
      ["kenji"],
      ["To: undisclosed-recipients:;", "Subject: A surprise for Alice"],
    ),
    domainLetter(
      "Japanese, ISO-2022-JP",
      "kaigi",
      ["kenji"],
      ["To: kenji@harbor.example", `Subject: ${meetingSubject}`, iso2022jp],
      meetingLetter,
    ),
    domainLetter(
      "to postmaster",
      "abuse",
      ["postmaster"],
      ["To: postmaster@harbor.example", "Subject: A question about your server"],
    ),
    domainLetter(
      "no X-Real-To: To and Cc decide",
      "guess",
      [],
      ["To: kenji@harbor.example", "Cc: someone@elsewhere.example"].concat(
        "Subject: Nobody wrote down who got this",
      ),
    ),
    domainLetter("no X-Real-To, two copies", "copies", [], copyForTwo),
    domainLetter("no X-Real-To, two copies", "copies", [], copyForTwo),
    domainLetter(
      "no X-Real-To, nobody of ours",
      "stray",
      [],
      ["To: readers@elsewhere.example", "Subject: Newsletter"],
    ),
  ],
};

export const sampleMailboxes: readonly SampleMailbox[] = [alice, kenji, domain];

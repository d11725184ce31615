// The parts of the guide that are made: its table of providers (from docs/guide/providers.json), and, between two
// marks of its page on failures, what each sentence means and who does what (from src/words/).
import { readFileSync } from "node:fs";

const folders = { en: "docs/guide", ja: "docs/ja/guide" };

/** Path and text of each page. `words` gives a language's sentences. */
export function guidePages(words) {
  const pages = {};
  for (const language of ["en", "ja"]) {
    const failures = `${folders[language]}/failures.md`;
    pages[failures] = failuresPage(readFileSync(failures, "utf8"), words(language).failures, texts[language]);
    pages[`${folders[language]}/providers.md`] = providersPage(texts[language]);
  }
  return pages;
}

const owner = "owner";
const operator = "operator";
const nobody = "nobody";
const asker = "asker";

/** Who acts, by code; what is named nowhere is trouble of this server, for the operator. */
const parts = {
  reach: {
    dns: owner,
    "host-unreachable": operator,
    timeout: operator,
    tls: owner,
    certificate: operator,
    "no-starttls": owner,
    "tls-injection": operator,
    "greeting-refused": nobody,
    protocol: operator,
    "connection-lost": nobody,
    "limit-exceeded": operator,
    "self-poll": owner,
    "private-host": operator,
    "source-address": operator,
  },
  login: {
    "auth-refused": owner,
    "auth-unavailable": owner,
    "auth-needs-tls": owner,
    "apop-not-offered": owner,
    "bad-credentials-text": owner,
    "secret-unreadable": operator,
    "in-use": nobody,
    "login-delay": owner,
  },
  mailbox: {
    "remote-temporary": nobody,
    "remote-permanent": owner,
    "maildrop-refused": nobody,
    "no-uidl": owner,
    "no-top": owner,
    "first-visit-impossible": owner,
    "quit-refused": nobody,
    "message-refused": nobody,
    "message-empty": nobody,
    "message-too-large": owner,
    "message-unacceptable": owner,
  },
  delivery: {
    "unknown-user": operator,
    "not-ours": operator,
    "no-relay": operator,
    "outside-schedule": nobody,
    "mail-loop": operator,
    "maildir-vanished": operator,
    "maildir-unusable": operator,
    "mailbox-full": owner,
    "destination-unsupported": operator,
    "destination-unusable": operator,
    "destination-unreachable": operator,
    "destination-down": operator,
    "delivery-deferred": nobody,
    "delivery-refused": operator,
    expired: operator,
  },
  server: {},
  commands: {
    usage: asker,
    "bad-file": asker,
    "bad-value": asker,
    "unknown-name": asker,
    "ambiguous-name": asker,
    "nothing-configured": asker,
    "not-allowed": asker,
    "not-unified": asker,
    "number-differs": asker,
    "too-soon": asker,
    "visits-closed": asker,
    conflict: asker,
    cancelled: nobody,
  },
};

function failuresPage(page, failures, text) {
  const named = new Set(Object.values(parts).flatMap((part) => Object.keys(part)));
  for (const code of named) if (!(code in failures)) throw new Error(`there is no failure ${code}`);
  const rest = Object.keys(failures).filter((code) => !named.has(code));
  const lines = [];
  for (const [name, part] of Object.entries(parts)) {
    const who =
      name === "server" ? { ...part, ...Object.fromEntries(rest.map((code) => [code, operator])) } : part;
    lines.push(
      "",
      `### ${text.parts[name]}`,
      "",
      row(text.failureColumns),
      row(["---", "---", "---", "---"]),
    );
    for (const [code, acts] of Object.entries(who)) {
      const { what, do: act } = failures[code];
      lines.push(row([`\`${code}\``, what({}), text.who[acts], act({})]));
    }
  }
  const [before, after] = [/^<!-- sentences: .*-->$/m, /^<!-- end -->$/m].map((mark) => mark.exec(page));
  const head = page.slice(0, before.index + before[0].length);
  return `${head}\n${lines.join("\n")}\n\n${page.slice(after.index)}`;
}

function providersPage(text) {
  const { about, providers, noPop3OrUnknown } = JSON.parse(readFileSync("docs/guide/providers.json", "utf8"));
  const known = providers.filter((one) => one.pop3.length > 0).sort(byName);
  const lines = [
    `# ${text.providers.title}`,
    "",
    text.providers.lead,
    "",
    row(text.providers.columns),
    row(["---", "---", "---", "---", "---"]),
    ...known.map((one) => providerRow(one, text)),
    "",
    `## ${text.providers.without}`,
    "",
    row(text.providers.columns.slice(0, 2)),
    row(["---", "---"]),
    ...noPop3OrUnknown.sort(byName).map((one) => row([one.name, domainsOf(one, text)])),
    "",
    `${text.providers.origin} ${about.origin}`,
    "",
  ];
  return lines.join("\n");
}

function providerRow(provider, text) {
  // The first one is the best: implicit, then starttls, then off.
  const [{ host, port, tls, username, auth }] = [...provider.pop3].sort((a, b) => rank(a.tls) - rank(b.tls));
  const quirks = provider.quirks ?? [];
  const server = `\`${host.replace("{server}", text.yourServer).replace("{domain}", text.yourDomain)}:${port}\``;
  const notes = [
    ...(tls === "implicit" ? [] : [`\`tls: ${tls}\``]),
    ...quirks.flatMap((quirk) => text.quirks[quirk] ?? []),
  ];
  return row([
    provider.name,
    domainsOf(provider, text),
    server,
    text.login(username),
    [text.password(provider.id, auth, quirks), ...notes].join("; "),
  ]);
}

const rank = (tls) => ["implicit", "starttls", "off"].indexOf(tls);
const byName = (a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1);

/** Domains that people have addresses in; names of mail exchangers stand among them in the source. */
function domainsOf({ id, domains }, text) {
  const some = domains.length === 0 ? [] : [...new Set([...domains.filter((one) => one === id), ...domains])];
  const shown = some.slice(0, 3).join(", ");
  return some.length > 3 ? `${shown} ${text.more(some.length - 3)}` : shown || text.ownDomains;
}

const row = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

/** Accounts whose password is refused although the source lists passwords: an app password is wanted. */
const appPasswords = new Set(["googlemail.com"]);

const texts = {
  en: {
    parts: {
      reach: "Reaching the provider",
      login: "Logging in",
      mailbox: "The mailbox and its messages",
      delivery: "Delivery",
      server: "This server",
      commands: "Commands",
    },
    failureColumns: ["code", "it says", "who", "does what"],
    who: { owner: "owner", operator: "operator", nobody: "nobody", asker: "whoever asked" },
    providers: {
      title: "What providers want",
      lead:
        "Made from [providers.json](providers.json) by `scripts/docs.mjs`; do not edit. Such facts go stale: `rpop check` decides. " +
        "Is yours missing? Its help pages say *POP* or *incoming mail*.",
      columns: ["provider", "addresses", "`--server`", "`--account`", "password, and what to know"],
      without: "No POP3, or none that is known",
      origin: "Origin:",
    },
    more: (n) => `and ${n} more`,
    ownDomains: "domains of customers",
    yourServer: "YOURS",
    yourDomain: "YOUR-DOMAIN",
    login: (template) =>
      ({
        "{address}": "the whole address",
        "{local}": "what stands before the @",
      })[template] ?? `\`${template.replace("{local}", "NAME").replace("{domain}", "DOMAIN")}\``,
    password(id, auth, quirks) {
      if (!auth.includes("password") && auth.includes("oauth2")) return "**OAuth only**";
      if (quirks.includes("app-password-or-oauth") || appPasswords.has(id)) return "**app password**";
      if (!auth.includes("password")) return "password, by APOP or CRAM-MD5";
      return "password";
    },
    quirks: {
      "gmail-consume-on-retr": "hides what was fetched",
      "gmail-batch-250": "some hundred messages a session",
      "sent-mail-listed": "sent mail is listed",
      "spam-and-trash-hidden": "spam and trash are not",
      "daily-download-limit": "bytes a day are limited",
      "pop-must-be-enabled": "enable POP in the web first",
      "pop-auto-disabled": "switches POP off by itself",
      "min-interval-60s": "one login a minute at most",
      "min-interval-15m": "15 minutes between visits suggested",
      "separate-mail-password": "a mail password of its own",
      apop: "`apop: true`",
      "plain-110": "no TLS is known",
      "verify-port": "the port looks wrong in the source",
      "country-lock": "logins from abroad may be refused",
      "tls-must-be-enabled": "enable TLS in the web first",
      "exclusive-access": "a second reader is refused",
      "retention-60d": "deletes mail after 60 days",
      "host-per-contract": "the server is on your contract's sheet",
      "certificate-name-mismatch": "another name in the certificate: `tlsServerName`",
      "own-network-only": "only from the provider's network",
    },
  },
  ja: {
    parts: {
      reach: "プロバイダへの接続",
      login: "ログイン",
      mailbox: "メールボックスとメッセージ",
      delivery: "配信",
      server: "このサーバー",
      commands: "コマンド",
    },
    failureColumns: ["コード", "表示", "対応する人", "対応"],
    who: { owner: "所有者", operator: "管理者", nobody: "対応不要", asker: "実行した人" },
    providers: {
      title: "プロバイダの一覧",
      lead:
        "`scripts/docs.mjs` が [providers.json](../../guide/providers.json) から作成しています。編集しないでください。情報は古くなることがあります。`rpop check` で確認してください。" +
        "一覧にない場合は、プロバイダのヘルプで「POP」または「受信メールサーバー」を調べてください。",
      columns: ["プロバイダ", "アドレス", "`--server`", "`--account`", "パスワードと注意点"],
      without: "POP3 がない、または不明",
      origin: "出典:",
    },
    more: (n) => `ほか ${n} 件`,
    ownDomains: "利用者の独自ドメイン",
    yourServer: "YOURS",
    yourDomain: "YOUR-DOMAIN",
    login: (template) =>
      ({
        "{address}": "メールアドレス全体",
        "{local}": "@ の前の部分",
      })[template] ?? `\`${template.replace("{local}", "NAME").replace("{domain}", "DOMAIN")}\``,
    password(id, auth, quirks) {
      if (!auth.includes("password") && auth.includes("oauth2")) return "**OAuth のみ**";
      if (quirks.includes("app-password-or-oauth") || appPasswords.has(id)) return "**アプリ用パスワード**";
      if (!auth.includes("password")) return "パスワード (APOP または CRAM-MD5)";
      return "パスワード";
    },
    quirks: {
      "gmail-consume-on-retr": "取り出したメールは見えなくなる",
      "gmail-batch-250": "1 回の接続で数百通まで",
      "sent-mail-listed": "送信済みメールを含む",
      "spam-and-trash-hidden": "迷惑メールとゴミ箱を含まない",
      "daily-download-limit": "1 日の容量に制限がある",
      "pop-must-be-enabled": "先に Web で POP を有効にする",
      "pop-auto-disabled": "POP が自動的に無効になることがある",
      "min-interval-60s": "ログインは 1 分に 1 回まで",
      "min-interval-15m": "15 分以上の間隔を推奨",
      "separate-mail-password": "メール専用のパスワード",
      apop: "`apop: true`",
      "plain-110": "TLS の情報がない",
      "verify-port": "出典のポート番号に疑問がある",
      "country-lock": "国外からのログインは拒否されることがある",
      "tls-must-be-enabled": "先に Web で TLS を有効にする",
      "exclusive-access": "同時に 1 つの接続のみ",
      "retention-60d": "60 日後にメールを削除する",
      "host-per-contract": "サーバー名は契約書類を参照",
      "certificate-name-mismatch": "証明書の名前が異なる: `tlsServerName`",
      "own-network-only": "プロバイダの回線からのみ",
    },
  },
};

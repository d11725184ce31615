/** The login order of spec 5, as one table: where, how encrypted, what is offered, what is set, which secret → what is tried. */
import { expect, test } from "vitest";
import { parseCapabilities } from "./capabilities.ts";
import {
  chooseLogin,
  isMsnHost,
  type LoginFacts,
  type LoginPolicy,
  loginMethods,
  refusesCommand,
} from "./login.ts";

/**
 * Host: `isp` stands for pop.isp.example. Offers: what CAPA lists, APOP in the greeting; `-` is a server without CAPA.
 * Settings: `auth` if not auto, ticks. Secret: what is odd about it. Then: methods in turn, or the failure's code.
 */
const table = `
1 MSN
msn.com      | TLS | USER MSN NTLM PLAIN            |                 |            | msn
x.msn.com    | TLS | USER MSN SCRAM-SHA-256         |                 |            | msn
POP3.Msn.Com.| TLS | USER MSN                       | apop            |            | msn
x.msn.com    | off | USER MSN                       | allowPlain      |            | msn
x.msn.com    | off | USER MSN PLAIN                 |                 |            | auth-needs-tls
x.msn.com    | off | USER MSN SCRAM-SHA-1           |                 |            | scram-sha-1
x.msn.com    | off | USER MSN CRAM-MD5              |                 |            | cram-md5
x.msn.com    | off | USER MSN APOP                  | apop            |            | apop
x.msn.com    | TLS | USER NTLM PLAIN                |                 |            | user, plain
x.msn.com    | TLS | -                              |                 |            | user
x.msn.com    | TLS | USER MSN PLAIN                 |                 | no UTF-8   | user, plain
x.msn.com    | TLS | USER MSN XOAUTH2               |                 | token      | xoauth2
notmsn.com   | TLS | USER MSN                       |                 |            | user
msn.com.evil | TLS | USER MSN                       |                 |            | user
isp          | TLS | USER MSN NTLM                  |                 |            | user

2 an OAuth token
isp          | TLS | USER PLAIN XOAUTH2 OAUTHBEARER |                 | token      | xoauth2, oauthbearer
isp          | TLS | USER PLAIN OAUTHBEARER         |                 | token      | oauthbearer
isp          | TLS | USER PLAIN SCRAM-SHA-256 APOP  | apop            | token      | auth-unavailable
isp          | TLS | -                              |                 | token      | auth-unavailable
isp          | off | USER XOAUTH2                   |                 | token      | auth-needs-tls
isp          | off | USER XOAUTH2                   | allowPlain      | token      | xoauth2
isp          | TLS | USER XOAUTH2                   |                 | bad token  | bad-credentials-text
isp          | TLS | USER XOAUTH2 OAUTHBEARER       |                 |            | user

3 APOP where ticked, allowed and offered
isp          | off | USER APOP SCRAM-SHA-256 PLAIN  | apop            |            | apop
isp          | TLS | USER APOP SCRAM-SHA-256 PLAIN  | apop            |            | apop
isp          | off | APOP -                         | apop            |            | apop
isp          | off | APOP -                         |                 |            | user

4 SCRAM
isp          | TLS | USER SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1 |  |         | scram-sha-256-plus
isp          | TLS | USER SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1   |  |         | scram-sha-256
isp          | TLS | USER SCRAM-SHA-1-PLUS SCRAM-SHA-1 |              |            | scram-sha-1-plus
isp          | off | USER SCRAM-SHA-256-PLUS SCRAM-SHA-256             |  |         | scram-sha-256
isp          | off | USER SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN     |  |         | scram-sha-256
isp          | TLS | USER CRAM-MD5 SCRAM-SHA-1      |                 |            | scram-sha-1
isp          | off | USER SCRAM-SHA-256 PLAIN       | apop            |            | scram-sha-256
isp          | TLS | USER SCRAM-SHA-256 PLAIN LOGIN |                 | no UTF-8   | user, plain, login

5 CRAM-MD5 without TLS
isp          | off | USER CRAM-MD5 PLAIN            |                 |            | cram-md5
isp          | off | USER CRAM-MD5 PLAIN            | apop            |            | cram-md5
isp          | TLS | USER CRAM-MD5 PLAIN            |                 |            | user, plain

6 USER and PASS, or AUTH where USER is refused as a command
isp          | off | -                              |                 |            | user
isp          | TLS | -                              |                 |            | user
isp          | off | USER PLAIN LOGIN               |                 |            | user, plain, login
isp          | TLS | PLAIN LOGIN                    |                 |            | plain, login, user
isp          | TLS | TOP                            |                 |            | user
isp          | TLS | USER NTLM                      |                 |            | user
isp          | TLS | USER PLAIN                     |                 | long       | plain
isp          | TLS | USER                           |                 | long       | bad-credentials-text

APOP ticked and not offered: clear text only under TLS or by leave
isp          | off | USER PLAIN                     | apop            |            | apop-not-offered
isp          | off | -                              | apop            |            | apop-not-offered
isp          | TLS | USER                           | apop            |            | user
isp          | off | USER                           | apop allowPlain |            | user

one method by name, and no other
isp          | off | APOP USER SCRAM-SHA-256        | user            |            | user
isp          | off | USER                           | user            | long       | bad-credentials-text
isp          | off | USER APOP                      | =apop           |            | apop
isp          | TLS | USER                           | =apop allowPlain|            | apop-not-offered
isp          | TLS | USER CRAM-MD5                  | cram-md5        |            | cram-md5
isp          | TLS | USER PLAIN                     | cram-md5        |            | auth-unavailable
isp          | off | -                              | plain           |            | plain
isp          | TLS | USER LOGIN PLAIN               | login           |            | login
isp          | TLS | SCRAM-SHA-1-PLUS               | scram-sha-1     |            | auth-unavailable
isp          | TLS | SCRAM-SHA-256-PLUS SCRAM-SHA-256 | scram-sha-256 |            | scram-sha-256
isp          | TLS | SCRAM-SHA-256                  | scram-sha-256   | no UTF-8   | bad-credentials-text
isp          | TLS | SCRAM-SHA-256-PLUS             | scram-sha-256-plus |         | scram-sha-256-plus
isp          | TLS | SCRAM-SHA-256                  | scram-sha-256-plus |         | auth-unavailable
isp          | off | SCRAM-SHA-256-PLUS             | scram-sha-256-plus allowPlain | | auth-needs-tls
isp          | TLS | SCRAM-SHA-256-PLUS             | scram-sha-256-plus | no UTF-8 | bad-credentials-text
isp          | TLS | USER NTLM                      | ntlm            |            | ntlm
isp          | TLS | -                              | ntlm            |            | ntlm
isp          | off | USER NTLM                      | ntlm            |            | auth-needs-tls
isp          | off | USER NTLM                      | ntlm allowPlain |            | ntlm
isp          | TLS | USER PLAIN                     | ntlm            |            | auth-unavailable
isp          | TLS | USER NTLM                      | ntlm            | no UTF-8   | bad-credentials-text
isp          | TLS | USER MSN                       | msn             |            | msn
isp          | off | -                              | msn             |            | auth-needs-tls
isp          | TLS | USER NTLM                      | msn             |            | auth-unavailable
isp          | TLS | USER XOAUTH2                   | xoauth2         | token      | xoauth2
isp          | TLS | -                              | xoauth2         | token      | xoauth2
isp          | off | USER XOAUTH2                   | xoauth2         | token      | auth-needs-tls
isp          | off | USER XOAUTH2                   | xoauth2 allowPlain | token   | xoauth2
isp          | TLS | USER OAUTHBEARER               | xoauth2         | token      | auth-unavailable
isp          | TLS | USER OAUTHBEARER               | oauthbearer     | token      | oauthbearer
isp          | TLS | USER OAUTHBEARER               | oauthbearer     | bad token  | bad-credentials-text
isp          | TLS | USER XOAUTH2                   | xoauth2         |            | auth-unavailable
isp          | TLS | USER PLAIN                     | plain           | token      | auth-unavailable
isp          | TLS | USER APOP                      | =apop           | token      | auth-unavailable
isp          | TLS | USER KERBEROS                  | kerberos        |            | auth-unavailable
`;

interface Row {
  readonly line: string;
  readonly facts: LoginFacts;
  readonly then: string;
}

function rowOf(line: string): Row {
  const [host = "", tls, offers = "", settings = "", secret = "", then = ""] = line
    .split("|")
    .map((cell) => cell.trim());
  const words = offers.split(" ");
  const mechanisms = words.filter((word) => !["APOP", "USER", "TOP", "-"].includes(word));
  const capabilities = words.includes("-")
    ? null
    : parseCapabilities([
        ...words.filter((word) => word === "USER" || word === "TOP"),
        `SASL ${mechanisms.join(" ")}`,
      ]);
  const set = settings.split(" ");
  const auth = set.find((word) => !["", "apop", "allowPlain"].includes(word))?.replace("=", "") ?? "auto";
  return {
    line,
    facts: {
      peer: { host: host === "isp" ? "pop.isp.example" : host, port: 110 },
      policy: {
        auth: auth as LoginPolicy["auth"],
        apop: set.includes("apop"),
        allowPlain: set.includes("allowPlain"),
      },
      secure: tls === "TLS",
      apopTimestamp: words.includes("APOP") ? "<1@host>" : null,
      capabilities,
      token: secret.endsWith("token"),
      sayable: {
        scram: secret !== "no UTF-8",
        ntlm: secret !== "no UTF-8",
        oauth: secret !== "bad token",
        commands: secret !== "long",
      },
    },
    then,
  };
}

const rows = table
  .split("\n")
  .filter((line) => line.includes("|"))
  .map(rowOf);

test.each(rows)("login order: $line", ({ facts, then }) => {
  const chosen = chooseLogin(facts);
  if ("code" in chosen) {
    expect(chosen).toMatchObject({ code: then, scope: "account", permanent: true });
  } else {
    expect(chosen.join(", ")).toBe(then);
  }
});

test("the table fixes every method by name", () => {
  const named = new Set(rows.map(({ facts }) => facts.policy.auth));
  expect(loginMethods.filter((method) => !named.has(method))).toEqual(["scram-sha-1-plus"]);
});

test.each([
  ["msn.com", true],
  ["MSN.COM", true],
  ["msn.com.", true],
  ["pop3.email.msn.com", true],
  ["notmsn.com", false],
  ["msn.com.example", false],
  ["msn.co", false],
  ["msnxcom", false],
])("%s is a host of MSN: %s", (host, expected) => {
  expect(isMsnHost(host)).toBe(expected);
});

test.each([
  ["Unknown command", true],
  ["command not recognized", true],
  ["USER command disabled", true],
  ["Invalid command in this state", true],
  ["USER/PASS authentication not permitted", true],
  ["Must use AUTH", true],
  ["not implemented", true],
  ["[AUTH] plaintext authentication not supported", false],
  ["no such mailbox here", false],
  ["invalid user or password", false],
  ["authentication failed", false],
  ["unknown user", false],
  ["", false],
])("%j refuses the command: %s", (text, expected) => {
  expect(refusesCommand(text)).toBe(expected);
});

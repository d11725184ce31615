/**
 * Error reports to senders, in English. They read it without knowing anything of this server.
 */
import type { Failure, FailureCode } from "../../core/failure.ts";

const reasons: Partial<Record<FailureCode, string>> = {
  "unknown-user": "There is no mailbox of this name here.",
  "not-ours": "This server takes no mail for this domain.",
  "no-relay": "This server does not pass mail on to this domain.",
  "mailbox-full": "The mailbox is full.",
  expired: "It could not be delivered in the time allowed, although it was tried again and again.",
  "delivery-refused": "The next server refused the message.",
};

export const report = {
  subject: (recipient: string, more: number) =>
    `Undelivered mail: ${recipient}${more > 0 ? ` and ${more} more` : ""}`,
  opening: (serverName: string, subject: string | null, date: string) =>
    `This is the mail server ${serverName}.\n\n` +
    `Your message${subject === null ? "" : ` "${subject}"`}${date === "" ? "" : `\nof ${date}`}\n` +
    "could not be delivered as named below. It will not be tried again.",
  reason: (failure: Failure) => reasons[failure.code] ?? "The message could not be delivered.",
  said: (host: string | null, text: string) => `${host ?? "The next server"} said: ${text}`,
  closing:
    "Check the address. If it is right, tell the person in another way,\n" +
    "or ask their postmaster. The header of your message is attached.",
};

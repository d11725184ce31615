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

const headerReasons: Readonly<Record<string, string>> = {
  tooLarge: "It is larger than allowed here.",
  failing: "The provider does not give it out.",
  stuck: "The provider does not give it out, although it was asked again and again.",
  markedSeen: "It was there before the first visit and marked as seen.",
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
  /** In place of the body of a message of which only the header was taken; read by its recipient. */
  headerOnly: (login: string, host: string, size: string, reason: string) =>
    "This is only the header of a message.\n\n" +
    `The message itself${size === "" ? "" : ` (${size})`} is still in the mailbox ${login} at ${host}.\n` +
    `${headerReasons[reason] ?? ""}\n\n` +
    "Read it in the provider's webmail, or ask your administrator to fetch it.\n",
  closing:
    "Check the address. If it is right, tell the person in another way,\n" +
    "or ask their postmaster. The header of your message is attached.",
};

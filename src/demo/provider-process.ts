/**
 * The sample provider in a process of its own: forked, it tells its port to the parent and serves the sample mail until
 * the parent is gone.
 */
import { type MaildropAccount, MemoryMaildrop, storedMessage } from "./maildrop.ts";
import { startProvider } from "./provider.ts";
import { sampleMailboxes } from "./sample-mail.ts";

const accounts = new Map<string, MaildropAccount>(
  sampleMailboxes.map(({ login, password, messages }) => {
    const stored = messages.map(({ bytes }, index) => storedMessage(`sample-${index + 1}`, bytes));
    return [login, { password, maildrop: new MemoryMaildrop(stored) }];
  }),
);

process.once("disconnect", () => process.exit(0));
const provider = await startProvider({ accounts: (login) => accounts.get(login) });
process.send?.({ port: provider.port });

/**
 * English: the audit trail.
 */
export const audit = {
  help: {
    summary: "show who did what",
    description:
      "Shows what changed a setting, a record, a mark or a message of the queue, oldest first: when, by whom, from what " +
      "to what. Passwords are never recorded. The newest 100,000 entries are kept.",
    since: "how far back, as 1h, 30d",
  },
  empty: () => "Nothing was changed in that time.",
  did: (action: string, subject: string) => `${action} ${subject}`,
  secret: () => "(changed, not recorded)",
  roles: {
    administrator: "Administrator",
    operator: "Operator",
    viewer: "Viewer",
    user: "User",
  } as Readonly<Record<string, string>>,
  actions: {
    "add setting": "set the setting",
    "change setting": "changed the setting",
    "remove setting": "set back to its default the setting",
    "add rules": "added the",
    "change rules": "changed the",
    "remove rules": "removed the",
    "add domain": "added the domain",
    "change domain": "changed the domain",
    "remove domain": "removed the domain",
    "add account": "added the account",
    "change account": "changed the account",
    "remove account": "removed the account",
    "add personal": "added the remote account",
    "change personal": "changed the remote account",
    "remove personal": "deleted the remote account",
    "add unified": "added the unified account",
    "change unified": "changed the unified account",
    "remove unified": "deleted the unified account",
    "change more": "made further changes in the same act:",
    "clear marks": "cleared the failure marks of",
    retry: "asked for another try of message",
    hold: "held message",
    release: "released message",
    redirect: "redirected message",
    drop: "dropped message",
    "ask take": "asked for messages that were never taken to be taken, from",
    "ask header": "asked for the headers of messages that were never taken, from",
    "ask delete": "asked for messages to be deleted there untaken, at",
    "ask none": "took back what was asked of messages, at",
  } as Readonly<Record<string, string>>,
};

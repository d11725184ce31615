/** A queue entry on its way out, as a test needs it. */
import type { DeliveryItem } from "../../src/deliver/delivery.ts";

/** An entry for one recipient under its first claim; `given` says what the test is about. */
export function deliveryItem(given: Partial<DeliveryItem>): DeliveryItem {
  return {
    key: "m1-1",
    destination: "maildir:/mail/alice",
    fileName: "1795000000.Rm1-1.inst",
    leaseToken: 1,
    ready: null,
    spoolPath: "/spool/m1.7",
    stagedAt: 0,
    sizeBytes: 14,
    prefixBytes: 0,
    sole: true,
    extraFields: "",
    reversePath: null,
    recipient: { localPart: "alice", domain: "example.com" },
    notify: "never",
    verify: false,
    ...given,
  };
}

/** Messages in files, as the spool holds them: our prefix, then the message, LF line ends. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DeliveryItem } from "../../src/deliver/delivery.ts";
import { deliveryItem } from "./delivery-item.ts";

export interface Spooled {
  /** An entry for this message; `given` says what the test is about. */
  item(given?: Partial<DeliveryItem>): DeliveryItem;
}

/** Writes a message below `directory`. */
export async function spooledMessage(
  directory: string,
  name: string,
  message: string | Buffer,
  prefix = "Return-Path: <sender@example.net>\nReceived: from pop.example by us\n",
): Promise<Spooled> {
  const spoolPath = join(directory, name);
  const bytes = Buffer.concat([Buffer.from(prefix), Buffer.from(message)]);
  await writeFile(spoolPath, bytes);
  return {
    item: (given = {}) =>
      deliveryItem({
        key: name,
        spoolPath,
        sizeBytes: bytes.length,
        prefixBytes: Buffer.byteLength(prefix),
        reversePath: { localPart: "sender", domain: "example.net" },
        ...given,
      }),
  };
}

/**
 * The header of a message as a message of its own: for one that cannot be taken whole (spec 5.3). Pure; LF line ends.
 *
 * Its fields stay as they came, in their order, but for those that described a body which is not here.
 */
import { Header } from "./header.ts";

/** What spoke of the body. */
const bodyFields = [
  "MIME-Version",
  "Content-Type",
  "Content-Transfer-Encoding",
  "Content-Disposition",
  "Content-Description",
  "Content-ID",
  "Content-Length",
  "Lines",
];

/**
 * @param top what `TOP n 0` showed
 * @param text what stands in place of the body, for people; lines end in LF
 */
export function headerOnlyMessage(top: Uint8Array, text: string): Uint8Array {
  const fields = Buffer.from(Header.parse(top).header.without(bodyFields).toBytes());
  const ended = fields.length === 0 || fields.at(-1) === 0x0a;
  const encoded =
    Buffer.from(text, "utf8")
      .toString("base64")
      .match(/.{1,76}/g) ?? [];
  return Buffer.concat([
    fields,
    Buffer.from(
      `${ended ? "" : "\n"}X-RPOP-Header-Only: yes\nMIME-Version: 1.0\n` +
        `Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n${encoded.join("\n")}\n`,
      "latin1",
    ),
  ]);
}

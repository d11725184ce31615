/**
 * Messages for drains: every size from a kilobyte to megabytes, and lines that go wrong easily. The same for the same
 * arguments, so that a test or a bench can make them again to compare.
 */

/** Lines that are found wrong in the field: dots, lone CR, 8-bit, blank lines, one very long line. */
const awkwardLines = [
  ".",
  "..",
  ". ",
  ".\rlone CR",
  "",
  "From here",
  "naïve 波止場",
  "\u001b$B4A;z\u001b(B",
  "x".repeat(5000),
];

/** A text that bodies are cut from: made once, as random bytes are dear. */
const text = makeText(1 << 20);

/**
 * One message of exactly `sizeBytes` (at least 200), LF line ends, the last line ended.
 *
 * @param index its place in the series; stands in Message-ID and Subject, and decides the content
 */
export function sampleMessage(index: number, sizeBytes: number): Buffer {
  const header = [
    "From: Sender <sender@sample.example>",
    "To: bench@example.com",
    `Subject: message ${index}`,
    "Date: Mon, 02 Nov 2026 09:30:00 +0000",
    `Message-ID: <${index}.sample@sample.example>`,
    "",
    "",
  ].join("\n");
  const message = Buffer.allocUnsafe(sizeBytes);
  let at = message.write(header, "latin1");
  let from = (index * 7919) % text.length;
  while (at < sizeBytes) {
    at += text.copy(message, at, from, Math.min(text.length, from + sizeBytes - at));
    from = 0;
  }
  message[sizeBytes - 1] = 10;
  // A CR that the last line happens to end in would be taken for half of a CRLF.
  if (message[sizeBytes - 2] === 13) message[sizeBytes - 2] = 33;
  return message;
}

/**
 * `count` messages from 1 KiB to 5 MiB, mostly small ones, about 60 KB on average: 1,000 are about 63 MB.
 * The first has the least size, the second the largest; the rest are spread without order.
 */
export function* mixedMessages(count: number): Generator<Buffer> {
  for (let index = 0; index < count; index++) yield sampleMessage(index, mixedSize(index));
}

function mixedSize(index: number): number {
  const smallest = 1024;
  const usual = 60 * 1024;
  const largest = 5 * 1024 * 1024;
  if (index === 0) return smallest;
  if (index === 1) return largest;
  // Steps of the golden ratio visit (0, 1) evenly, and neighbours differ.
  const share = (index * 0.618_033_988_75) % 1;
  const rare = 0.04;
  if (share > rare) return Math.floor(smallest * (usual / smallest) ** ((share - rare) / (1 - rare)));
  return Math.floor(usual * (largest / usual) ** (share / rare));
}

function makeText(sizeBytes: number): Buffer {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const lines: string[] = [];
  let length = 0;
  while (length < sizeBytes) {
    const awkward = awkwardLines[Math.floor(random() * awkwardLines.length)] ?? "";
    const letters = Array.from({ length: 76 }, () =>
      String.fromCharCode(33 + Math.floor(random() * 94)),
    ).join("");
    const line = random() < 0.03 ? awkward : letters;
    lines.push(line);
    length += line.length + 1;
  }
  return Buffer.from(`${lines.join("\n")}\n`);
}

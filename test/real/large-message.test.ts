/** A message far larger than memory should hold, over LMTP. */
import { open as openFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { smtpDelivery } from "../../src/deliver/smtp.ts";
import { nodeFileSystem } from "../../src/spool/node-file-system.ts";
import { systemClock } from "../../src/system/clock.ts";
import { deliveryItem } from "../support/delivery-item.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { wireReport } from "../support/wire-report.ts";

const megabyte = 1024 * 1024;

test("300 MB go out in bounded memory", async () => {
  await using directory = await temporaryDirectory("large");
  // Sparse: the disk holds nothing of it.
  const spoolPath = join(directory.path, "large");
  const sizeBytes = 300 * megabyte;
  const file = await openFile(spoolPath, "w");
  await file.truncate(sizeBytes);
  await file.close();

  await using sink = await startSink();
  const before = process.memoryUsage.rss();
  let mostBytes = 0;
  const out = smtpDelivery({
    fs: {
      ...nodeFileSystem,
      open: (path) => {
        mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
        return nodeFileSystem.open(path);
      },
    },
    clock: systemClock,
    serverName: () => "us.example",
    readPassword: () => Promise.reject(new Error("no password here")),
    readCaFile: () => Promise.reject(new Error("no file here")),
  });
  sink.onData(() => {
    mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
  });
  const report = wireReport();
  const item = deliveryItem({
    key: "large",
    destination: `lmtp://127.0.0.1:${sink.port}`,
    spoolPath,
    sizeBytes,
  });
  await out.send([item], report, new AbortController().signal);
  await out.close();
  expect(report.told).toEqual(["sending large", "large delivered"]);
  expect(sink.receivedBytes).toBeGreaterThan(sizeBytes);
  expect(mostBytes - before).toBeLessThan(120 * megabyte);
});

/** An LMTP server that forgets what it gets. */
async function startSink() {
  let receivedBytes = 0;
  let heard = (): void => {};
  const server = createServer((socket) => {
    let inData = false;
    let tail = "";
    socket.on("error", () => {});
    socket.write("220 sink\r\n");
    socket.on("data", (chunk) => {
      receivedBytes += chunk.length;
      heard();
      tail = (tail + chunk.subarray(-64).toString("latin1")).slice(-64);
      if (inData) {
        if (!tail.endsWith("\r\n.\r\n")) return;
        inData = false;
        socket.write("250 forgotten\r\n");
        return;
      }
      const text = chunk.toString("latin1");
      for (const line of text.split("\r\n")) {
        if (line.startsWith("LHLO")) socket.write("250-sink\r\n250 PIPELINING\r\n");
        if (/^(MAIL|RCPT)/.test(line)) socket.write("250 ok\r\n");
        if (line === "QUIT") socket.end("221 bye\r\n");
        if (line === "DATA") {
          inData = true;
          socket.write("354 go\r\n");
        }
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    get receivedBytes() {
      return receivedBytes;
    },
    onData(listener: () => void) {
      heard = listener;
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

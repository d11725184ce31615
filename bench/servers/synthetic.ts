/**
 * The bench's own server (bench/native/pop3-server.c): costs little, pipelines, and counts.
 */
import { join } from "node:path";
import { makeCertificates } from "../../test/support/certificates.ts";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { type MailSeries, writeWireForm } from "../support/mail-series.ts";
import type { MailServer } from "./mail-server.ts";
import { startNative } from "./native-process.ts";

interface Told {
  readonly retrieved: number;
  readonly deleted: number;
  readonly open: number;
  readonly spanUs: number;
}

/** @param program path of the compiled pop3-server.c */
export async function startSynthetic(program: string, series: MailSeries): Promise<MailServer> {
  const directory = await temporaryDirectory("bench-server");
  const path = (name: string) => join(directory.path, name);
  await writeWireForm(series, path("mail"), path("index"));
  const { caFile, valid } = makeCertificates(directory.path);
  const server = await startNative(program, [
    path("mail"),
    path("index"),
    valid.certificateFile,
    valid.keyFile,
  ]);
  const ports = JSON.parse(server.firstLine) as { readonly plain: number; readonly tls: number };
  const settled = async (): Promise<Told> => {
    // A program may end a moment before the server sees its connection close.
    for (let look = 0; ; look++) {
      const told = JSON.parse(await server.ask("counts")) as Told;
      if (told.open === 0 || look === 500) return told;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return {
    plainPort: ports.plain,
    tlsPort: ports.tls,
    caFile,
    password: "bench",
    async begin(_run, accounts, count = series.sizes.length) {
      await settled();
      await server.ask(`show ${count}`);
      await server.ask("reset");
      return Array.from({ length: accounts }, (_, index) => `u${index}`);
    },
    async counts() {
      const { retrieved, deleted, spanUs } = await settled();
      return { retrieved, deleted, spanMs: spanUs / 1000 };
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

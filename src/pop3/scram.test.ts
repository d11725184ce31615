import { expect, test } from "vitest";
import { SaslFault } from "./sasl.ts";
import { scram, scramText } from "./scram.ts";

const vectors = [
  {
    name: "SHA-1 (RFC 5802, section 5)",
    hash: "sha1" as const,
    nonce: "fyko+d2lbbFgONRv9qkxdawL",
    clientFirst: "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
    serverFirst: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
    clientFinal: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    serverFinal: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
  },
  {
    name: "SHA-256 (RFC 7677, section 3)",
    hash: "sha256" as const,
    nonce: "rOprNGfwEbeRWgbNEkqO",
    clientFirst: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
    serverFirst: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    clientFinal:
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
  },
];

test.each(vectors)(
  "SCRAM-$name",
  async ({ hash, nonce, clientFirst, serverFirst, clientFinal, serverFinal }) => {
    const mechanism = scram(hash, "user", "pencil", nonce);
    expect(mechanism.initial?.toString()).toBe(clientFirst);
    expect((await mechanism.respond(Buffer.from(serverFirst))).toString()).toBe(clientFinal);
    expect(mechanism.isDone()).toBe(false);
    expect((await mechanism.respond(Buffer.from(serverFinal))).length).toBe(0);
    expect(mechanism.isDone()).toBe(true);
  },
);

test.each([
  { name: "nonce not ours", serverFirst: "r=other123,s=QSXCR+Q6sek8bf92,i=4096", reason: "nonce" },
  { name: "nonce not continued", serverFirst: "r=ours,s=QSXCR+Q6sek8bf92,i=4096", reason: "nonce" },
  { name: "too few rounds", serverFirst: "r=ours1,s=QSXCR+Q6sek8bf92,i=4095", reason: "rounds" },
  { name: "too many rounds", serverFirst: "r=ours1,s=QSXCR+Q6sek8bf92,i=1000001", reason: "rounds" },
  {
    name: "rounds that are no number",
    serverFirst: "r=ours1,s=QSXCR+Q6sek8bf92,i=4096x",
    reason: "server-first",
  },
  { name: "salt that is no base64", serverFirst: "r=ours1,s=QSXCR,i=4096", reason: "base64" },
  {
    name: "an extension we must understand",
    serverFirst: "m=x,r=ours1,s=QSXCR+Q6sek8bf92,i=4096",
    reason: "server-first",
  },
  { name: "empty", serverFirst: "", reason: "server-first" },
])("SCRAM refuses (R-39): $name", async ({ serverFirst, reason }) => {
  const mechanism = scram("sha1", "user", "pencil", "ours");
  await expect(mechanism.respond(Buffer.from(serverFirst))).rejects.toMatchObject({ reason });
});

test("a server's error is kept, answered, and ends all hope (RFC 5802, section 7)", async () => {
  const [first] = vectors;
  const mechanism = scram("sha1", "user", "pencil", first?.nonce ?? "");
  await mechanism.respond(Buffer.from(first?.serverFirst ?? ""));
  expect((await mechanism.respond(Buffer.from("e=invalid-proof"))).length).toBe(0);
  expect(mechanism.remark?.()).toBe("invalid-proof");
  expect(mechanism.isDone()).toBe(false);
  for (const more of ["e=invalid-proof", first?.serverFinal ?? ""]) {
    await expect(mechanism.respond(Buffer.from(more))).rejects.toThrow(SaslFault);
  }
  expect(mechanism.isDone()).toBe(false);
});

test("an error instead of the first message is none", async () => {
  const mechanism = scram("sha1", "user", "pencil", "ours");
  await expect(mechanism.respond(Buffer.from("e=no"))).rejects.toMatchObject({ reason: "server-first" });
});

test.each([
  { binding: "none" as const, name: "SCRAM-SHA-256", header: "n,,", channel: "biws" },
  { binding: "notOffered" as const, name: "SCRAM-SHA-256", header: "y,,", channel: "eSws" },
  {
    binding: { type: "tls-unique" as const, data: Buffer.from("bound") },
    name: "SCRAM-SHA-256-PLUS",
    header: "p=tls-unique,,",
    channel: Buffer.from("p=tls-unique,,bound").toString("base64"),
  },
])("what is said of channel binding: $header (RFC 5802, sections 6 and 7)", async (one) => {
  const mechanism = scram("sha256", "user", "pencil", "ours", one.binding);
  expect(mechanism.name).toBe(one.name);
  expect(mechanism.initial?.toString()).toBe(`${one.header}n=user,r=ours`);
  const answer = await mechanism.respond(Buffer.from("r=ours1,s=QSXCR+Q6sek8bf92,i=4096"));
  expect(answer.toString()).toMatch(`c=${one.channel},r=ours1,p=`);
});

test.each(["v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "v=", "x=other", "", "v=rmF9pqV8S7suAoZWja4dJRkFsKR="])(
  "SCRAM refuses the server's signature (R-39): %j",
  async (serverFinal) => {
    const [first] = vectors;
    const mechanism = scram("sha1", "user", "pencil", first?.nonce ?? "");
    await mechanism.respond(Buffer.from(first?.serverFirst ?? ""));
    await expect(Promise.resolve().then(() => mechanism.respond(Buffer.from(serverFinal)))).rejects.toThrow(
      SaslFault,
    );
    expect(mechanism.isDone()).toBe(false);
  },
);

test("names are escaped (RFC 5802, 5.1)", () => {
  expect(scram("sha256", "a=b,c", "x", "N").initial?.toString()).toBe("n,,n=a=3Db=2Cc,r=N");
});

test.each([
  ["plain", Buffer.from("user"), "user"],
  ["soft hyphen goes", Buffer.from("I\u00adX"), "IX"],
  ["compatibility form", Buffer.from("\u2168"), "IX"],
  ["no UTF-8", Buffer.from([0xff]), null],
  ["control character", Buffer.from("\u0007"), null],
])("SASLprep (RFC 4013): %s", (_, bytes, text) => {
  expect(scramText(bytes)).toBe(text);
});

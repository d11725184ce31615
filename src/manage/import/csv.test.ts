import fc from "fast-check";
import { expect, test } from "vitest";
import { remoteAccountSchema } from "../configuration-file/schema.ts";
import { readCsv } from "./csv.ts";
import { readCsvText } from "./csv-text.ts";

const read = (text: string) => readCsv(text, Object.keys(remoteAccountSchema.shape));

test("rows and cells: quotes, doubled quotes, line ends inside, semicolons, empty lines", () => {
  expect(readCsvText('a,b\r\n"x, ""y""","two\nlines"\r\n\r\n c , \n')).toEqual([
    { cells: ["a", "b"], line: 1 },
    { cells: ['x, "y"', "two\nlines"], line: 2 },
    { cells: ["c", ""], line: 5 },
  ]);
  expect(readCsvText("a;b\n1,5;2")).toEqual([
    { cells: ["a", "b"], line: 1 },
    { cells: ["1,5", "2"], line: 2 },
  ]);
  expect(readCsvText("")).toEqual([]);
});

test("a table of accounts", () => {
  const { accounts, notes } = read(
    [
      "Owner,account,server,password,Poll Every,leave_on_server,TLS,apop,specialHeader,colour",
      "alice@example.com,al,pop.example,s3cret,5m,yes,TRUE,no,,red",
      ",example.com,pop.isp.example,007,,,off,,X-Real-To,",
      "bob,,pop.example,x,,,,,,",
    ].join("\n"),
  );
  expect(
    accounts.map(({ line, login, server, receiver, keys }) => ({ line, login, server, receiver, keys })),
  ).toEqual([
    {
      ...{
        line: 2,
        login: "al",
        server: "pop.example",
        receiver: { kind: "person", name: "alice@example.com" },
      },
      keys: { password: "s3cret", pollEvery: "5m", leaveOnServer: true, tls: "implicit", apop: false },
    },
    {
      ...{ line: 3, login: "example.com", server: "pop.isp.example" },
      receiver: { kind: "domain", people: [], domains: [] },
      keys: { password: "007", tls: "off", specialHeader: "X-Real-To" },
    },
  ]);
  expect(notes).toMatchObject([
    { code: "unknown-column", line: 1, params: { column: "colour" } },
    { code: "no-login", line: 4 },
  ]);
});

test("kind says it outright; an owner beside it is passed over", () => {
  const { accounts, notes } = read("kind,owner,account,server\nunified,bob,a,p\npersonal,,b,p\n");
  expect(accounts.map(({ receiver }) => receiver)).toMatchObject([
    { kind: "domain" },
    { kind: "person", name: null },
  ]);
  expect(notes).toMatchObject([{ code: "owner-not-needed", line: 2 }]);
});

test("whatever stands there, nothing is thrown, and every row has its line", () => {
  fc.assert(fc.property(fc.string(), (text) => void read(text)));
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.stringMatching(/^[a-z,;"\n]{0,4}$/), { minLength: 2, maxLength: 2 })),
      (table) => {
        const rows = table.filter((cells) => cells.some((cell) => cell !== ""));
        const text = rows
          .map((cells) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(","))
          .join("\r\n");
        expect(readCsvText(`"",""\r\n${text}`).map(({ cells }) => cells)).toEqual(rows);
      },
    ),
  );
});

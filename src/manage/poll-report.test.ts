import { expect, test } from "vitest";
import { failure } from "../core/failure.ts";
import { pollExitCode } from "./poll-report.ts";

const refused = failure("auth-refused", "account", { permanent: true });
const unreachable = failure("host-unreachable", "host");
const ourDisk = failure("database-newer", "local", { permanent: true });
const fine = { failure: null, troubled: 0 };
const quiet = { visits: [fine], deferred: 0, undeliverable: 0, reported: 0, trouble: null };

const cases = [
  { name: "nothing to do", report: { ...quiet, visits: [] }, code: 0 },
  { name: "all is well", report: quiet, code: 0 },
  {
    name: "a password refused",
    report: { ...quiet, visits: [fine, { ...fine, failure: refused }] },
    code: 1,
  },
  { name: "an undeliverable message", report: { ...quiet, undeliverable: 1 }, code: 1 },
  { name: "a failure reported to its sender", report: { ...quiet, reported: 1 }, code: 1 },
  { name: "a host unreachable", report: { ...quiet, visits: [{ ...fine, failure: unreachable }] }, code: 75 },
  { name: "a message deferred", report: { ...quiet, deferred: 1 }, code: 75 },
  {
    name: "a message not given out this time",
    report: { ...quiet, visits: [{ failure: null, troubled: 1 }] },
    code: 75,
  },
  {
    name: "temporary beside permanent",
    report: {
      ...quiet,
      undeliverable: 2,
      visits: [
        { ...fine, failure: refused },
        { ...fine, failure: unreachable },
      ],
    },
    code: 75,
  },
  { name: "deferred beside undeliverable", report: { ...quiet, undeliverable: 1, deferred: 1 }, code: 75 },
  { name: "trouble of our own", report: { ...quiet, trouble: ourDisk }, code: 75 },
  {
    name: "our own trouble in a visit, though it calls itself permanent",
    report: { ...quiet, visits: [{ ...fine, failure: ourDisk }] },
    code: 75,
  },
] as const;

test.each(cases)("$name: exit $code", ({ report, code }) => {
  expect(pollExitCode(report)).toBe(code);
});

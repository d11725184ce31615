import { expect, test } from "vitest";
import type { Result } from "../core/failure.ts";
import { commitGroups, type RoundTimer, type VerbCall } from "./commit-groups.ts";
import type { SqliteConnection } from "./dialect/sqlite.ts";
import type { BoundStatement, Steps } from "./steps.ts";
import type { VerbName, VerbSteps } from "./verbs.ts";

/** A connection that only writes down what it was told, and fails where the script says. */
class ScriptedConnection implements SqliteConnection {
  readonly said: string[] = [];
  readonly #failures: Record<string, { errcode: number; times: number }>;

  constructor(failures: Record<string, { errcode: number; times: number }> = {}) {
    this.#failures = failures;
  }

  #say(word: string): void {
    this.said.push(word);
    const planned = this.#failures[word];
    if (!planned || planned.times === 0) return;
    planned.times -= 1;
    throw Object.assign(new Error(`planned at ${word}`), {
      code: "ERR_SQLITE_ERROR",
      errcode: planned.errcode,
    });
  }

  execute({ sql }: BoundStatement) {
    this.#say(sql);
    return { rows: [], changes: 0 };
  }

  drive<T>(steps: Steps<T>): T {
    let turn = steps.next();
    while (!turn.done) turn = steps.next(this.execute(turn.value));
    return turn.value;
  }

  begin = () => this.#say("begin");
  beginReading = () => this.#say("begin reading");
  commit = () => this.#say("commit");
  rollback = () => this.#say("rollback");
  setPoint = () => this.#say("(");
  releasePoint = () => this.#say(")");
  rollbackToPoint = () => this.#say("undo)");
  close = (tidy: boolean) => this.#say(tidy ? "close tidy" : "close");
}

/** Each verb is one statement: its argument. */
const verbs = new Proxy({} as VerbSteps, {
  get: () =>
    function* (word: string): Steps<string> {
      yield { sql: word, parameters: [] };
      return `${word} done`;
    },
});

function setUp(failures: Record<string, { errcode: number; times: number }> = {}) {
  const connection = new ScriptedConnection(failures);
  let soon: (() => void)[] = [];
  let later: { delayMs: number; run: () => void }[] = [];
  const timer: RoundTimer = {
    soon: (run) => soon.push(run),
    later: (delayMs, run) => {
      const one = { delayMs, run };
      later.push(one);
      return () => {
        later = later.filter((other) => other !== one);
      };
    },
  };
  const groups = commitGroups(connection, verbs, timer);
  const answers: Record<string, Result<unknown>> = {};
  const tell = (word: string) => (outcome: Result<unknown>) => {
    if (word in answers) throw new Error(`${word} was answered twice`);
    answers[word] = outcome;
    connection.said.push(`answer ${word}`);
  };
  const call = (name: VerbName, word: string): VerbCall => ({ name, args: [word], answer: tell(word) });
  return {
    connection,
    groups,
    answers,
    tell,
    write: (word: string) => groups.submit(call("claimDue", word)),
    batch: (word: string) => groups.submit(call("endVisit", word)),
    read: (word: string) => groups.submit(call("queueCounts", word)),
    readAfterBatch: (word: string) => groups.submit(call("host", word)),
    /** Runs what was planned for soon; tells whether there was anything. */
    turn: () => {
      const planned = soon;
      soon = [];
      for (const run of planned) run();
      return planned.length > 0;
    },
    batchTimers: () => later.map((one) => one.delayMs),
    fireBatch: () => {
      const planned = later;
      later = [];
      for (const one of planned) one.run();
    },
    said: () => connection.said.splice(0).join(" "),
  };
}

const busy = 5;
const constraint = 19;
const full = 13;
const ioErrorFsync = 1034;

test("all writes that wait share one commit, each behind its point, answered after it; reads come after", () => {
  const { write, read, turn, said, answers } = setUp();
  write("w1");
  read("r1");
  write("w2");
  expect(said()).toBe("");
  turn();
  expect(said()).toBe("begin ( w1 ) ( w2 ) commit answer w1 answer w2 begin reading r1 answer r1 rollback");
  expect(answers.w1).toEqual({ ok: true, value: "w1 done" });
  expect(turn()).toBe(false);
});

test("a write that fails harms no other", () => {
  const { write, turn, said, answers } = setUp({ w2: { errcode: constraint, times: 1 } });
  for (const word of ["w1", "w2", "w3"]) write(word);
  turn();
  expect(said()).toBe("begin ( w1 ) ( w2 undo) ( w3 ) commit answer w1 answer w2 answer w3");
  expect(answers.w2).toMatchObject({
    ok: false,
    failure: { code: "database", scope: "local", permanent: false },
  });
  expect([answers.w1?.ok, answers.w3?.ok]).toEqual([true, true]);
});

test("a write that took the whole transaction with it fails the group", () => {
  const { write, turn, answers, said } = setUp({
    w2: { errcode: full, times: 1 },
    "undo)": { errcode: 1, times: 1 },
  });
  for (const word of ["w1", "w2", "w3"]) write(word);
  turn();
  expect(said()).toBe("begin ( w1 ) ( w2 undo) rollback answer w1 answer w2 answer w3");
  for (const word of ["w1", "w2", "w3"])
    expect(answers[word]).toMatchObject({ failure: { code: "disk-full" } });
});

test("a commit that fails fails all of its group, and the next one is tried", () => {
  const { write, turn, answers } = setUp({ commit: { errcode: full, times: 1 } });
  write("w1");
  write("w2");
  turn();
  expect(answers).toMatchObject({
    w1: { failure: { code: "disk-full" } },
    w2: { failure: { code: "disk-full" } },
  });
  write("w3");
  turn();
  expect(answers.w3).toMatchObject({ ok: true });
});

test("after a failed fsync nothing is written any more, and reads go on (R-2)", () => {
  const { write, read, groups, tell, turn, answers, said } = setUp({
    commit: { errcode: ioErrorFsync, times: 1 },
  });
  write("w1");
  turn();
  said();
  write("w2");
  read("r1");
  turn();
  expect(said()).toBe("answer w2 begin reading r1 answer r1 rollback");
  groups.close(tell("close"));
  expect(said()).toBe("close answer close");
  expect(answers).toMatchObject({
    w1: { failure: { code: "database" } },
    w2: { failure: { code: "database" } },
  });
  expect(answers.r1).toMatchObject({ ok: true });
});

test("a write lock held by another process is asked for again", () => {
  const { write, turn, said, answers } = setUp({ begin: { errcode: busy, times: 3 } });
  write("w1");
  turn();
  expect(said()).toBe("begin begin begin begin ( w1 ) commit answer w1");
  expect(answers.w1).toMatchObject({ ok: true });
});

test("a write lock that never comes fails in the end; other trouble is not asked again", () => {
  const stuck = setUp({ begin: { errcode: busy, times: 1000 } });
  stuck.write("w1");
  stuck.turn();
  expect(stuck.answers.w1).toMatchObject({ failure: { code: "database" } });
  const broken = setUp({ begin: { errcode: full, times: 1 } });
  broken.write("w1");
  broken.turn();
  expect(broken.said()).toBe("begin rollback answer w1");
});

test("a batched verb is answered at once, and written after a second", () => {
  const { batch, turn, said, batchTimers, fireBatch } = setUp();
  batch("b1");
  batch("b2");
  expect(turn()).toBe(false);
  expect(said()).toBe("answer b1 answer b2");
  expect(batchTimers()).toEqual([1000]);
  fireBatch();
  turn();
  expect(said()).toBe("begin ( b1 ) ( b2 ) commit");
  expect(batchTimers()).toEqual([]);
});

test("a batched verb rides on the next durable commit, in its order", () => {
  const { batch, write, turn, said, batchTimers } = setUp();
  batch("b1");
  write("w1");
  batch("b2");
  said();
  turn();
  expect(said()).toBe("begin ( b1 ) ( w1 ) ( b2 ) commit answer w1");
  expect(batchTimers()).toEqual([]);
});

test("a read that needs what is batched has it written first; another read does not wait for it", () => {
  const { batch, read, readAfterBatch, turn, said } = setUp();
  batch("b1");
  said();
  read("r1");
  turn();
  expect(said()).toBe("begin reading r1 answer r1 rollback");
  readAfterBatch("r2");
  turn();
  expect(said()).toBe("begin ( b1 ) commit begin reading r2 answer r2 rollback");
});

test("batched verbs that the database could not take are written later, before what came after them", () => {
  const { batch, groups, tell, turn, said, answers, fireBatch, batchTimers } = setUp({
    commit: { errcode: full, times: 1 },
  });
  batch("b1");
  groups.flush(tell("flush 1"));
  turn();
  expect(answers["flush 1"]).toMatchObject({ ok: false, failure: { code: "disk-full" } });
  expect(batchTimers()).toEqual([1000]);
  batch("b2");
  said();
  fireBatch();
  turn();
  expect(said()).toBe("begin ( b1 ) ( b2 ) commit");
  groups.flush(tell("flush 2"));
  turn();
  expect(answers["flush 2"]).toMatchObject({ ok: true });
});

test("a batched verb that fails alone is told by flush and not tried again", () => {
  const { batch, groups, tell, turn, answers, batchTimers } = setUp({
    b1: { errcode: constraint, times: 1 },
  });
  batch("b1");
  groups.flush(tell("flush"));
  turn();
  expect(answers.flush).toMatchObject({ ok: false });
  expect(batchTimers()).toEqual([]);
});

test("a read that fails is told, and the others are answered", () => {
  const { read, turn, answers } = setUp({ r1: { errcode: 11, times: 1 } });
  read("r1");
  read("r2");
  turn();
  expect(answers).toMatchObject({ r1: { failure: { code: "database" } }, r2: { ok: true } });
});

test("close writes what waits, answers, and refuses what comes later", () => {
  const { batch, write, groups, tell, turn, said, answers, batchTimers } = setUp();
  batch("b1");
  write("w1");
  groups.close(tell("close"));
  expect(said()).toBe("answer b1 begin ( b1 ) ( w1 ) commit answer w1 close tidy answer close");
  write("w2");
  turn();
  expect(said()).toBe("answer w2");
  expect(answers).toMatchObject({
    close: { ok: true },
    w2: { failure: { code: "module-stopped", scope: "local" } },
  });
  expect(batchTimers()).toEqual([]);
  groups.close(tell("again"));
  groups.flush(tell("flush"));
  expect(answers).toMatchObject({ again: { ok: true }, flush: { ok: true } });
});

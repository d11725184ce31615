/** One outcome, whatever comes first. */
import { Socket } from "node:net";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { Pop3ProtocolError } from "./errors.ts";
import { Wire } from "./wire.ts";

const peer = { host: "pop.isp.example", port: 110 };
const minute = 60_000;

type Happening = "error" | "end" | "close" | "abort" | "time" | "destroy" | "reply";

const happen: Record<
  Happening,
  (socket: Socket, stop: AbortController, clock: ManualClock, wire: Wire) => void
> = {
  error: (socket) => socket.emit("error", Object.assign(new Error("reset"), { code: "ECONNRESET" })),
  end: (socket) => socket.emit("end"),
  close: (socket) => socket.emit("close"),
  abort: (_socket, stop) => stop.abort(),
  time: (_socket, _stop, clock) => clock.advance(minute),
  destroy: (_socket, _stop, _clock, wire) =>
    wire.close({
      code: "unexpected",
      scope: "local",
      params: {},
      permanent: false,
      status: null,
      remoteText: null,
    }),
  reply: (socket) => socket.emit("data", Buffer.from("+OK\r\n")),
};

const first: Record<Exclude<Happening, "reply">, string> = {
  error: "connection-lost",
  end: "connection-lost",
  close: "connection-lost",
  abort: "cancelled",
  time: "timeout",
  destroy: "unexpected",
};

test("error, end, close, abort, time and answer in any order settle one outcome", async () => {
  const happenings = fc.array(fc.constantFrom(...(Object.keys(happen) as Happening[])), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(happenings, async (sequence) => {
      const socket = new Socket();
      const stop = new AbortController();
      const clock = new ManualClock();
      const wire = new Wire(socket, { clock, peer, signal: stop.signal });
      const outcomes: string[] = [];
      const waiting = wire.answer(wire.patience(minute, "reply", "NOOP")).then(
        (reply) => outcomes.push(reply.kind),
        (error: unknown) =>
          outcomes.push(error instanceof Pop3ProtocolError ? error.failure.code : String(error)),
      );
      for (const one of sequence) {
        happen[one](socket, stop, clock, wire);
        await Promise.resolve();
      }
      await waiting;
      const [decider] = sequence;
      expect(outcomes).toEqual([decider === "reply" ? "ok" : first[decider ?? "error"]]);
      wire.close({
        code: "cancelled",
        scope: "local",
        params: {},
        permanent: false,
        status: null,
        remoteText: null,
      });
      // Nothing is left behind, but that a late error reaches nobody.
      expect(clock.timers).toBe(0);
      const counts = (one: Socket) => ["data", "end", "close"].map((event) => one.listenerCount(event));
      expect(counts(socket)).toEqual(counts(new Socket()));
      socket.emit("error", new Error("late"));
    }),
  );
});

test("bytes that came before the end are given out first", async () => {
  const socket = new Socket();
  const wire = new Wire(socket, { clock: new ManualClock(), peer });
  socket.emit("data", Buffer.from("+OK a\r\n-ERR b\r\n+O"));
  socket.emit("error", Object.assign(new Error("reset"), { code: "ECONNRESET" }));
  socket.emit("end");
  socket.emit("close");
  const patience = wire.patience(minute, "reply", "NOOP");
  expect(await wire.answer(patience)).toEqual({ kind: "ok", text: "a" });
  expect(await wire.answer(patience)).toEqual({ kind: "refused", text: "b" });
  await expect(wire.answer(patience)).rejects.toMatchObject({
    failure: { code: "connection-lost", scope: "host", params: { detail: "ECONNRESET" } },
  });
});

test("a long-lived signal keeps no listener of a session that ended (R-32)", () => {
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, "addEventListener");
  const removed = vi.spyOn(signal, "removeEventListener");
  for (let visit = 0; visit < 10; visit++) {
    const wire = new Wire(new Socket(), { clock: new ManualClock(), peer, signal });
    expect(added).toHaveBeenCalledTimes(visit + 1);
    if (visit % 2 === 0) wire.finish();
    else
      wire.close({
        code: "cancelled",
        scope: "local",
        params: {},
        permanent: false,
        status: null,
        remoteText: null,
      });
    expect(removed.mock.calls[visit]?.[1]).toBe(added.mock.calls[visit]?.[1]);
  }
});

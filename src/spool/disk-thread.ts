/**
 * A FileSystem that has its short calls made by a thread of its own, many at a time.
 *
 * A call through libuv's threads costs the main thread two hand-overs, and a message takes eight calls. Here the calls
 * of a turn of the event loop go to the thread in one message, and their answers come back in one; while a batch is
 * under way the next one gathers. Files and names have a lane each, so that a slow disk's fsyncs keep no delivery
 * waiting that has its bytes on disk already.
 *
 * Promises of each call by itself what FileSystem says: one that fails harms no other. Calls that were not awaited
 * happen in any order. The thread starts when there is something to write; until then, and for everything that is no
 * short call, `nodeFileSystem` serves. Trouble: the system's errors; a thread that ended is `io`, fatal, for every
 * call from then on, since nobody knows how far it came.
 */
import { Worker } from "node:worker_threads";
import { type Failure, FailureError, failure } from "../core/failure.ts";
import type { DiskCall } from "./disk-calls.ts";
import { type DiskAnswers, type DiskBatch, type DiskRequest, errorFrom, type Lane } from "./disk-messages.ts";
import type { FileSystem } from "./file-system.ts";
import { nodeFileSystem } from "./node-file-system.ts";

/** The first of a batch waits for the last one. */
const MOST_AT_ONCE: { readonly [lane in Lane]: number } = { files: 32, names: 256 };

export interface DiskThread {
  readonly fs: FileSystem;
  /** Resolves when every call has been answered and the thread is gone; later calls are `module-stopped`. */
  close(): Promise<void>;
}

interface Call {
  readonly request: DiskRequest;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Queue {
  waiting: Call[];
  underWay: readonly Call[];
}

/**
 * Starts nothing yet.
 *
 * @param file of the thread's program
 */
export function diskThread(file = new URL("./disk-worker.js", import.meta.url)): DiskThread {
  const thread = new Thread(file);
  const always =
    <Args extends unknown[], Answer>(name: DiskCall) =>
    (...args: Args): Promise<Answer> =>
      thread.call([name, ...args]) as Promise<Answer>;
  /** Not worth the start of a thread. */
  const onceStarted =
    <Args extends unknown[], Answer>(name: DiskCall, otherwise: (...args: Args) => Promise<Answer>) =>
    (...args: Args): Promise<Answer> =>
      thread.started ? (thread.call([name, ...args]) as Promise<Answer>) : otherwise(...args);
  return {
    fs: {
      ...nodeFileSystem,
      writeDurable: always("writeDurable"),
      link: always("link"),
      rename: always("rename"),
      unlink: always("unlink"),
      mkdir: onceStarted("mkdir", nodeFileSystem.mkdir),
      stat: onceStarted("stat", nodeFileSystem.stat),
      lstat: onceStarted("lstat", nodeFileSystem.lstat),
      setTimes: onceStarted("setTimes", nodeFileSystem.setTimes),
      changeOwner: onceStarted("changeOwner", nodeFileSystem.changeOwner),
      syncDirectory: onceStarted("syncDirectory", nodeFileSystem.syncDirectory),
    },
    close: () => thread.close(),
  };
}

class Thread {
  readonly #file: URL;
  readonly #lanes: { readonly [lane in Lane]: Queue } = {
    files: { waiting: [], underWay: [] },
    names: { waiting: [], underWay: [] },
  };
  #worker: Worker | null = null;
  #scheduled = false;
  /** Why no more calls are taken. */
  #gone: Failure | null = null;
  #closing: Promise<void> | null = null;
  #drained: (() => void) | null = null;

  constructor(file: URL) {
    this.#file = file;
  }

  get started(): boolean {
    return this.#worker !== null;
  }

  call(request: DiskRequest): Promise<unknown> {
    const gone = this.#gone;
    if (gone !== null) return Promise.reject(new FailureError(gone));
    this.#worker ??= this.#start();
    return new Promise((resolve, reject) => {
      this.#lanes[request[0] === "writeDurable" ? "files" : "names"].waiting.push({
        request,
        resolve,
        reject,
      });
      if (this.#scheduled) return;
      this.#scheduled = true;
      // After the sockets had their turn: what they bring goes along.
      setImmediate(() => {
        this.#scheduled = false;
        this.#send("names");
        this.#send("files");
      });
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#gone ??= failure("module-stopped", "local", { params: { module: "spool" } });
    if (!this.#isDrained()) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    await this.#worker?.terminate();
  }

  #isDrained(): boolean {
    return Object.values(this.#lanes).every(
      ({ waiting, underWay }) => waiting.length + underWay.length === 0,
    );
  }

  /** The lane's next batch goes, unless one is under way. */
  #send(name: Lane): void {
    const lane = this.#lanes[name];
    if (lane.underWay.length > 0 || lane.waiting.length === 0) return;
    lane.underWay = lane.waiting.splice(0, MOST_AT_ONCE[name]);
    const requests = lane.underWay.map((one) => one.request);
    this.#worker?.postMessage({ lane: name, requests } satisfies DiskBatch);
  }

  #start(): Worker {
    // Its garbage is small and short-lived.
    const worker = new Worker(this.#file, { name: "disk", resourceLimits: { maxYoungGenerationSizeMb: 1 } });
    worker.on("message", (answers: DiskAnswers) => this.#answer(answers));
    worker.on("error", (error) => this.#lose(error.message));
    worker.on("messageerror", (error) => this.#lose(error.message));
    worker.on("exit", (code) => this.#lose(`exit ${code}`));
    return worker;
  }

  #answer({ lane: name, values, errors }: DiskAnswers): void {
    const lane = this.#lanes[name];
    const batch = lane.underWay;
    lane.underWay = [];
    this.#send(name);
    for (const [index, one] of batch.entries()) {
      const error = errors.get(index);
      if (error) one.reject(errorFrom(error));
      else one.resolve(values[index]);
    }
    if (this.#isDrained()) this.#drained?.();
  }

  #lose(detail: string): void {
    const params = { detail: `disk thread: ${detail}`.slice(0, 500), fatal: 1 };
    if (this.#closing === null) this.#gone = failure("io", "local", { params, status: "4.3.0" });
    for (const lane of Object.values(this.#lanes)) {
      for (const one of [...lane.underWay, ...lane.waiting]) {
        one.reject(new FailureError(failure("io", "local", { params, status: "4.3.0" })));
      }
      lane.underWay = [];
      lane.waiting = [];
    }
    this.#drained?.();
  }
}

import { type Transferable, Worker } from "node:worker_threads";
import {
  type AnswerOf,
  type ArgumentOf,
  type CallMessage,
  receiveError,
  type ThreadCalls,
  type ThreadData,
  type ThreadReport,
} from "./thread-messages.ts";

/** How long the end of the process waits for the thread to close what it holds. */
const MAX_END_MILLIS = 2_000;

/** Which thread is started. */
export interface ThreadLinkOptions<News> {
  /** The module that calls `serveThread`. */
  readonly entry: URL;
  /** For people who look at the process. */
  readonly name: string;
  readonly onNews: (news: News) => void;
  /** The process may end before the thread is asked for anything; default false. */
  readonly isOptional?: boolean;
}

/**
 * A worker thread that is called by messages. It is never terminated, as that would abort the process while koffi loads or
 * while a socket of the system's own is open (see `OpenOptions.prefer`): it is asked to stop, also when the process ends,
 * which then waits for a moment.
 */
export class ThreadLink<Calls extends ThreadCalls<Calls>, News> {
  /** Resolves once the thread is gone: undefined if it ended in order, else why it failed. */
  readonly ended: Promise<Error | undefined>;
  readonly #worker: Worker;
  readonly #gone = new Int32Array(new SharedArrayBuffer(4));
  readonly #open = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #onExit = (): void => this.#endWithProcess();
  #nextId = 0;
  #failure: Error | undefined;
  #isOver = false;

  constructor({ entry, name, onNews, isOptional = false }: ThreadLinkOptions<News>) {
    this.#worker = new Worker(entry, {
      name,
      workerData: { gone: this.#gone } satisfies ThreadData,
      // What the process was started with (a script on its command line, say) is not the thread's.
      execArgv: [],
    });
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.ended = promise;
    this.#worker.on("message", (report: ThreadReport<News>) => this.#heed(report, onNews));
    this.#worker.on("error", (cause) => {
      this.#failure ??= new Error(`the thread ${name} failed: ${cause}`, { cause });
    });
    this.#worker.once("exit", () => {
      this.#isOver = true;
      process.off("exit", this.#onExit);
      const error = this.#failure ?? new Error(`the thread ${name} has ended`);
      for (const { reject } of this.#open.values()) reject(error);
      this.#open.clear();
      resolve(this.#failure);
    });
    process.on("exit", this.#onExit);
    if (isOptional) this.#worker.unref();
  }

  /** Asks for something; rejects with what the thread threw (`code` and message as they were), or when it is gone. */
  call<Name extends keyof Calls & string>(
    name: Name,
    argument?: ArgumentOf<Calls[Name]>,
    transfer: Transferable[] = [],
  ): Promise<AnswerOf<Calls[Name]>> {
    if (this.#isOver)
      return Promise.reject(this.#failure ?? new Error("the thread has ended already"));
    this.#worker.ref();
    const id = this.#nextId++;
    const answer = Promise.withResolvers<unknown>();
    this.#open.set(id, answer);
    this.#worker.postMessage({ id, name, argument } satisfies CallMessage, transfer);
    return answer.promise as Promise<AnswerOf<Calls[Name]>>;
  }

  /** Asks the thread to stop and waits until it is gone. Idempotent. */
  async stop(): Promise<void> {
    // It may be gone before it answers.
    this.call("stop").catch(() => {});
    await this.ended;
  }

  #heed(report: ThreadReport<News>, onNews: (news: News) => void): void {
    switch (report.kind) {
      case "answer":
        this.#open.get(report.id)?.resolve(report.value);
        this.#open.delete(report.id);
        return;
      case "refusal":
        this.#open.get(report.id)?.reject(receiveError(report.error));
        this.#open.delete(report.id);
        return;
      case "failed":
        this.#failure ??= receiveError(report.error);
        return;
      case "news":
        onNews(report.news);
        return;
    }
  }

  #endWithProcess(): void {
    this.#worker.postMessage({ id: -1, name: "stop", argument: undefined } satisfies CallMessage);
    Atomics.wait(this.#gone, 0, 0, MAX_END_MILLIS);
  }
}

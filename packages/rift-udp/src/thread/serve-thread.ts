import { parentPort, workerData } from "node:worker_threads";
import {
  type CallMessage,
  sendError,
  type ThreadCalls,
  type ThreadData,
  type ThreadReport,
} from "./thread-messages.ts";

/** How long a thread that failed may take to close what it holds. */
const MAX_END_MILLIS = 2_000;

/** A thread's side of a `ThreadLink`. */
export interface ThreadServer<News> {
  tell(news: News): void;
  /** Takes no more calls: the thread ends as soon as everything is closed. */
  end(): void;
}

/**
 * Answers the calls of the `ThreadLink` that started this thread. An error that nobody caught is told, and
 * `calls.stop` closes what is open. TypeError on the main thread.
 */
export function serveThread<Calls extends ThreadCalls<Calls>, News>(
  calls: Calls,
): ThreadServer<News> {
  const port = parentPort;
  if (port === null) throw new TypeError("only a thread of its own can be served");
  const { gone } = workerData as ThreadData;
  const report = (message: ThreadReport<News>): void => port.postMessage(message);
  const end = (): void => {
    port.close();
    // Whatever is still open must not keep the program waiting.
    setTimeout(() => process.exit(), MAX_END_MILLIS).unref();
  };
  process.on("exit", () => {
    Atomics.store(gone, 0, 1);
    Atomics.notify(gone, 0);
  });
  let failed = false;
  process.on("uncaughtException", async (error) => {
    // What goes wrong from then on follows from it.
    if (failed) return;
    failed = true;
    report({ kind: "failed", error: sendError(error) });
    setTimeout(() => process.exit(1), MAX_END_MILLIS).unref();
    try {
      await calls.stop();
    } finally {
      end();
    }
  });
  port.on("message", async ({ id, name, argument }: CallMessage) => {
    try {
      const value = await calls[name as keyof Calls](argument as never);
      report({ kind: "answer", id, value });
    } catch (error) {
      report({ kind: "refusal", id, error: sendError(error) });
    }
  });
  return { tell: (news) => report({ kind: "news", news }), end };
}

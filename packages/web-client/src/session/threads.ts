import { prepareWebBodies } from "@wavry/signaling";
import { ScreenError } from "../screen-error.ts";
import type { PictureCodec } from "../show/picture-decoder.ts";
import type { PictureReport } from "../show/picture-messages.ts";
import { warmUpSignatures } from "./warm-up.ts";

/** The threads of a session: one has its connection, the other its pictures, so that input waits for no picture. */
export interface Threads {
  readonly session: Worker;
  readonly pictures: Worker;
  /** What WebCodecs decodes there; rejects with ScreenError "failed" where one of them does not start. */
  readonly codecs: Promise<readonly PictureCodec[]>;
}

let prepared: Threads | undefined;

/** Loads and starts the threads of the next session ahead of it, and readies this one to check its host. Idempotent. */
export function prepareSession(): void {
  if (prepared !== undefined) return;
  const threads = startThreads();
  prepared = threads;
  const warmUp = (): void => {
    // Whoever connects meanwhile does it by that.
    if (prepared !== threads) return;
    warmUpSignatures();
    prepareWebBodies();
  };
  if ("requestIdleCallback" in globalThis) requestIdleCallback(warmUp);
  else setTimeout(warmUp);
}

/** Gives the threads that nobody uses yet, or new ones; the caller's. */
export function takeThreads(): Threads {
  const threads = prepared ?? startThreads();
  prepared = undefined;
  return threads;
}

function startThreads(): Threads {
  // The first has the longer way before it is needed: to the host.
  const session = new Worker(new URL("./worker.ts", import.meta.url), {
    type: "module",
    name: "wavry-session",
  });
  const pictures = new Worker(new URL("../show/picture-thread.ts", import.meta.url), {
    type: "module",
    name: "wavry-pictures",
  });
  const { promise, resolve, reject } = Promise.withResolvers<readonly PictureCodec[]>();
  promise.catch(() => {});
  // Its first report; what comes later is the session's.
  pictures.onmessage = ({ data }: MessageEvent<PictureReport>) => {
    if (data.type === "ready") resolve(data.codecs);
  };
  const onerror = ({ message }: ErrorEvent): void => {
    if (prepared?.session === session) {
      prepared = undefined;
      session.terminate();
      pictures.terminate();
    }
    const why = message || "it could not be loaded";
    reject(new ScreenError("failed", `a worker of the session failed: ${why}`));
  };
  session.onerror = onerror;
  pictures.onerror = onerror;
  return { session, pictures, codecs: promise };
}

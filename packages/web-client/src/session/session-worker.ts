import type { SessionIdentity } from "@wavry/rift-crypto";
import { prepareWebBodies } from "@wavry/signaling";
import type { WebTransportTarget } from "../carriers/web-transport-carrier.ts";
import { ScreenError } from "../screen-error.ts";
import type { ScreenStage, WorkerCommand, WorkerReport } from "./messages.ts";
import { warmUpSignatures } from "./warm-up.ts";

/** How long a worker may take to say goodbye to the host. */
const STOP_MILLIS = 500;

/** A thread that nobody uses yet, and whether H.264 is decoded by WebCodecs there. */
interface Thread {
  readonly worker: Worker;
  readonly decodes: Promise<boolean>;
}

let prepared: Thread | undefined;

/** Loads and starts the thread of the next session ahead of it, and readies this one to check its host. Idempotent. */
export function prepareSession(): void {
  if (prepared !== undefined) return;
  const thread = startThread();
  prepared = thread;
  const warmUp = (): void => {
    // Whoever connects meanwhile does it by that.
    if (prepared !== thread) return;
    warmUpSignatures();
    prepareWebBodies();
  };
  if ("requestIdleCallback" in globalThis) requestIdleCallback(warmUp);
  else setTimeout(warmUp);
}

function startThread(): Thread {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    type: "module",
    name: "wavry-session",
  });
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  promise.catch(() => {});
  // Its first report; what comes later is the session's.
  worker.onmessage = ({ data }: MessageEvent<WorkerReport>) => {
    if (data.type === "ready") resolve(data.decodes);
  };
  worker.onerror = ({ message }) => {
    if (prepared?.worker === worker) prepared = undefined;
    const why = message || "it could not be loaded";
    reject(new ScreenError("failed", `the session's worker failed: ${why}`));
  };
  return { worker, decodes: promise };
}

/** The page's end of a session's thread. */
export class SessionWorker {
  /** What the worker tells, besides answers. */
  onReport: ((report: WorkerReport) => void) | undefined;
  /** Whether H.264 is decoded by WebCodecs here; rejects with ScreenError "failed" where the worker does not start. */
  readonly decodes: Promise<boolean>;
  readonly #worker: Worker;
  readonly #opening = new Map<number, PromiseWithResolvers<void>>();
  readonly #snapshots = new Map<number, (picture: ImageBitmap | undefined) => void>();
  readonly #stopped = Promise.withResolvers<void>();
  #next = 1;
  #open = true;

  /** Takes the stage over; the identity is copied. */
  constructor(identity: SessionIdentity, stage: ScreenStage) {
    const { worker, decodes } = prepared ?? startThread();
    prepared = undefined;
    this.#worker = worker;
    this.decodes = decodes;
    worker.addEventListener("message", ({ data }: MessageEvent<WorkerReport>) => this.#take(data));
    worker.addEventListener("error", () => this.#fail());
    const { canvas, video } = stage;
    this.send({ type: "start", identity, stage }, video === undefined ? [canvas] : [canvas, video]);
  }

  send(command: WorkerCommand, transfer: Transferable[] = []): void {
    if (this.#open) this.#worker.postMessage(command, transfer);
  }

  /** Opens a carrier and gives its number. Rejects with an Error. */
  async openWebTransport(target: WebTransportTarget, timeoutMillis: number): Promise<number> {
    const carrier = this.#next++;
    const opening = Promise.withResolvers<void>();
    this.#opening.set(carrier, opening);
    this.send({ type: "open-web-transport", carrier, target, timeoutMillis });
    await opening.promise;
    return carrier;
  }

  /** Makes a carrier of a port and gives its number. */
  openPort(port: MessagePort): number {
    const carrier = this.#next++;
    this.send({ type: "open-port", carrier, port }, [port]);
    return carrier;
  }

  /** What the canvas shows; undefined before the first picture. */
  snapshot(): Promise<ImageBitmap | undefined> {
    const request = this.#next++;
    const { promise, resolve } = Promise.withResolvers<ImageBitmap | undefined>();
    this.#snapshots.set(request, resolve);
    if (this.#open) this.send({ type: "snapshot", request });
    else resolve(undefined);
    return promise;
  }

  /** Releases what is held, closes the connection and ends the thread. Idempotent. */
  async stop(): Promise<void> {
    if (!this.#open) return this.#stopped.promise;
    this.send({ type: "stop" });
    this.#open = false;
    const timer = setTimeout(() => this.#stopped.resolve(), STOP_MILLIS);
    await this.#stopped.promise;
    clearTimeout(timer);
    this.#worker.terminate();
    this.#giveUp("the session is over");
  }

  #take(report: WorkerReport): void {
    switch (report.type) {
      case "ready":
        return;
      case "stopped":
        return this.#stopped.resolve();
      case "snapshot":
        this.#snapshots.get(report.request)?.(report.picture);
        this.#snapshots.delete(report.request);
        return;
      case "carrier-open":
        this.#opening.get(report.carrier)?.resolve();
        this.#opening.delete(report.carrier);
        return;
      case "carrier-lost": {
        const opening = this.#opening.get(report.carrier);
        this.#opening.delete(report.carrier);
        if (opening !== undefined) return opening.reject(new Error(report.reason));
      }
    }
    // At its end the canvas is to be seen again.
    if (this.#open || report.type === "motion-rests") this.onReport?.(report);
  }

  #fail(): void {
    this.#stopped.resolve();
    this.#giveUp("the session's worker failed");
    if (this.#open)
      this.onReport?.({ type: "connect-failed", code: "failed", message: "the worker failed" });
  }

  #giveUp(reason: string): void {
    for (const { reject } of this.#opening.values()) reject(new Error(reason));
    this.#opening.clear();
    for (const resolve of this.#snapshots.values()) resolve(undefined);
    this.#snapshots.clear();
  }
}

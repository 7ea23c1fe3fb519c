import type { SessionIdentity } from "@wavry/rift-crypto";
import type { WebTransportTarget } from "../carriers/web-transport-carrier.ts";
import type { PictureCodec } from "../show/picture-decoder.ts";
import type { PictureCommand, PictureReport, ScreenStage } from "../show/picture-messages.ts";
import type { WorkerCommand, WorkerReport } from "./messages.ts";
import { type Threads, takeThreads } from "./threads.ts";

/** How long the threads may take to say goodbye to the host and to bring the canvas up to date. */
const STOP_MILLIS = 500;

/** The page's end of a session's threads. */
export class SessionThreads {
  /** What they tell, besides answers. */
  onReport: ((report: WorkerReport | PictureReport) => void) | undefined;
  /** What is decoded by WebCodecs here; rejects with ScreenError "failed" where a worker does not start. */
  readonly codecs: Promise<readonly PictureCodec[]>;
  readonly #threads: Threads;
  readonly #opening = new Map<number, PromiseWithResolvers<void>>();
  readonly #snapshots = new Map<number, (picture: ImageBitmap | undefined) => void>();
  readonly #stopped: Record<"session" | "pictures", PromiseWithResolvers<void>> = {
    session: Promise.withResolvers(),
    pictures: Promise.withResolvers(),
  };
  #next = 1;
  #open = true;

  /** Takes the stage over; the identity is copied. */
  constructor(identity: SessionIdentity, stage: ScreenStage) {
    const threads = takeThreads();
    this.#threads = threads;
    this.codecs = threads.codecs;
    for (const name of ["session", "pictures"] as const) {
      const onMessage = ({ data }: MessageEvent<WorkerReport | PictureReport>): void => {
        if (data.type === "stopped") this.#stopped[name].resolve();
        else this.#take(data);
      };
      threads[name].addEventListener("message", onMessage);
      threads[name].addEventListener("error", () => this.#fail());
    }
    const { port1, port2 } = new MessageChannel();
    this.send({ type: "start", identity, pictures: port1 }, [port1]);
    const { canvas, video } = stage;
    const moved = video === undefined ? [canvas, port2] : [canvas, video, port2];
    this.#sendToPictures({ type: "start", stage, updates: port2 }, moved);
  }

  /** Tells the session's thread. */
  send(command: WorkerCommand, transfer: Transferable[] = []): void {
    if (this.#open) this.#threads.session.postMessage(command, transfer);
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

  /** The page shows the video of this run. */
  motionShown(run: number): void {
    this.#sendToPictures({ type: "motion-shown", run });
  }

  /** What the canvas shows; undefined before the first picture. */
  snapshot(): Promise<ImageBitmap | undefined> {
    const request = this.#next++;
    const { promise, resolve } = Promise.withResolvers<ImageBitmap | undefined>();
    this.#snapshots.set(request, resolve);
    if (this.#open) this.#sendToPictures({ type: "snapshot", request });
    else resolve(undefined);
    return promise;
  }

  /** Releases what is held, closes the connection and ends the threads. Idempotent. */
  async stop(): Promise<void> {
    const { session, pictures } = this.#stopped;
    const stopped = Promise.all([session.promise, pictures.promise]);
    if (!this.#open) return void (await stopped);
    this.send({ type: "stop" });
    this.#sendToPictures({ type: "stop" });
    this.#open = false;
    const timer = setTimeout(() => this.#setStopped(), STOP_MILLIS);
    await stopped;
    clearTimeout(timer);
    this.#threads.session.terminate();
    this.#threads.pictures.terminate();
    this.#giveUp("the session is over");
  }

  #sendToPictures(command: PictureCommand, transfer: Transferable[] = []): void {
    if (this.#open) this.#threads.pictures.postMessage(command, transfer);
  }

  #take(report: WorkerReport | PictureReport): void {
    switch (report.type) {
      case "ready":
        return;
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
    this.#setStopped();
    this.#giveUp("a worker of the session failed");
    if (this.#open)
      this.onReport?.({ type: "connect-failed", code: "failed", message: "a worker failed" });
  }

  #setStopped(): void {
    this.#stopped.session.resolve();
    this.#stopped.pictures.resolve();
  }

  #giveUp(reason: string): void {
    for (const { reject } of this.#opening.values()) reject(new Error(reason));
    this.#opening.clear();
    for (const resolve of this.#snapshots.values()) resolve(undefined);
    this.#snapshots.clear();
  }
}

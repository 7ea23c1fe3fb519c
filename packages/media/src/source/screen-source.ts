import { once } from "node:events";
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from "node:worker_threads";
import type { Micros, Size } from "@wavry/rift-core";
import type { ScreenChoice } from "../capture/open-capture.ts";
import type { CursorPoint, PointerShape } from "../capture/screen-capture.ts";
import { Waker } from "../capture/waker.ts";
import type { PictureScale } from "../convert/picture-scale.ts";
import type { EncoderPreference } from "../encode/open-encoder.ts";
import { MediaError } from "../media-error.ts";
import type { ScreenCommand, ScreenReport, ScreenWorkerData } from "./screen-messages.ts";

/** Settings of `ScreenSource.start`. */
export interface ScreenSourceOptions {
  /** Which screen; default the X11 display $DISPLAY. */
  readonly screen?: ScreenChoice;
  /** Path of the X authority file; it becomes the process's $XAUTHORITY. */
  readonly authority?: string;
  /** Index of the monitor in the updates, 0 to 255; default 0. */
  readonly displayIndex?: number;
  /** Pictures a second, on average, that are sent at most. */
  readonly maxFps: number;
  readonly bitrateBps: number;
  /** Whether small changes are sent as lossless patches; default true. */
  readonly patches?: boolean;
  /** Default "software". */
  readonly encoder?: EncoderPreference;
}

/**
 * A captured and encoded screen, worked on in a thread of its own. It starts paused; callbacks run on the thread that
 * started it. Whatever ends it without `stop` is told by `onClosed`, once.
 */
export class ScreenSource implements AsyncDisposable {
  /** A screen update (rift-core's `readScreenUpdate`); owned by the callee. */
  onUpdate: ((update: Uint8Array, keyframe: boolean) => void) | undefined;
  onCursorShape: ((shape: PointerShape) => void) | undefined;
  onCursorPosition: ((position: CursorPoint) => void) | undefined;
  onResized: ((size: Size) => void) | undefined;
  onClosed: ((error: MediaError) => void) | undefined;
  /** FFmpeg's name of the encoder that was opened first. */
  readonly encoder: string;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #waker: Waker;
  readonly #ended: Promise<void>;
  readonly #wakeAtExit: () => void;
  #size: Size;
  #closed = false;

  private constructor(thread: ScreenThread, size: Size, encoder: string) {
    this.#worker = thread.worker;
    this.#port = thread.port;
    this.#waker = thread.waker;
    this.#ended = thread.ended;
    this.#wakeAtExit = thread.wakeAtExit;
    this.#size = size;
    this.encoder = encoder;
    this.#port.on("message", (report: ScreenReport) => this.#heed(report));
    this.#worker.on("error", (cause) =>
      this.#close(new MediaError("system", `the screen worker failed: ${cause}`, { cause })),
    );
    this.#worker.once("exit", () => {
      for (const report of unread(this.#port)) this.#heed(report);
      this.#close(new MediaError("system", "the screen worker ended by itself"));
    });
  }

  /** Opens the screen and its encoder; rejects with the MediaError that says why it cannot. */
  static async start(options: ScreenSourceOptions): Promise<ScreenSource> {
    if (options.authority !== undefined) process.env.XAUTHORITY = options.authority;
    const thread = startThread(options);
    const first = (await Promise.race([
      once(thread.port, "message").then(([report]) => report),
      once(thread.worker, "exit").then(() => unread(thread.port)[0]),
    ]).catch((cause) => {
      thread.release();
      throw new MediaError("system", `the screen worker failed: ${cause}`, { cause });
    })) as ScreenReport | undefined;
    if (first?.kind === "started") return new ScreenSource(thread, first.size, first.encoder);
    await thread.ended;
    thread.release();
    const error = first?.kind === "closed" ? first.error : undefined;
    throw new MediaError(
      error?.code ?? "system",
      error?.message ?? "the screen worker ended at its start",
    );
  }

  /** The screen's size now. */
  get size(): Size {
    return this.#size;
  }

  /** The next update will be a keyframe, at most ten of them a second. */
  requestKeyframe(): void {
    this.#command({ kind: "keyframe" });
  }

  /** Holds from the next picture on, without a keyframe. */
  setBitrate(bitrateBps: number): void {
    this.#command({ kind: "bitrate", bitrateBps });
  }

  setMaxFps(maxFps: number): void {
    this.#command({ kind: "maxFps", maxFps });
  }

  /**
   * From the next picture on the sides of the coded picture are this part of the screen's. A change costs a keyframe
   * (at most ten a second); patches stay as they are.
   */
  setScale(scale: PictureScale): void {
    this.#command({ kind: "scale", scale });
  }

  setPatches(patches: boolean): void {
    this.#command({ kind: "patches", patches });
  }

  /** No change is captured before this time (`monotonicMicros`), as the path is full; a time gone by ends that. */
  holdUntil(time: Micros): void {
    this.#command({ kind: "hold", until: time });
  }

  /** Nobody looks: nothing is captured or watched. */
  pause(): void {
    this.#command({ kind: "pause" });
  }

  /** Somebody looks: begins with a keyframe and with the pointer's shape and place. */
  resume(): void {
    this.#command({ kind: "resume" });
  }

  /** Somebody is about to look: the first keyframe after `resume` takes less time. Nothing is sent. */
  warmUp(): void {
    this.#command({ kind: "warmUp" });
  }

  /** Tells the pointer's shape and place once more, for someone who joined. */
  repeatCursor(): void {
    this.#command({ kind: "repeatCursor" });
  }

  /** Makes the thread look at once: for screens that are moved through `SyntheticControls`. */
  wake(): void {
    if (!this.#closed) this.#waker.wake();
  }

  /** Ends the thread and waits until everything of it is gone; idempotent. */
  async stop(): Promise<void> {
    this.#command({ kind: "stop" });
    this.#closed = true;
    await this.#ended;
    this.#release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #command(command: ScreenCommand): void {
    if (this.#closed) return;
    this.#port.postMessage(command);
    this.#waker.wake();
  }

  #heed(report: ScreenReport): void {
    if (this.#closed) return;
    switch (report.kind) {
      case "update":
        this.onUpdate?.(report.update, report.keyframe);
        break;
      case "shape":
        this.onCursorShape?.(report.shape);
        break;
      case "position":
        this.onCursorPosition?.(report.position);
        break;
      case "resized":
        this.#size = report.size;
        this.onResized?.(report.size);
        break;
      case "closed":
        if (report.error !== undefined)
          this.#close(new MediaError(report.error.code, report.error.message));
        break;
    }
  }

  #close(error: MediaError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ended.then(() => this.#release());
    this.onClosed?.(error);
  }

  #release(): void {
    process.off("exit", this.#wakeAtExit);
    this.#port.close();
    this.#waker[Symbol.dispose]();
  }
}

/** Reports that a thread left behind: its end may be known before its last words are. */
function unread(port: MessagePort): ScreenReport[] {
  const reports: ScreenReport[] = [];
  for (;;) {
    const received = receiveMessageOnPort(port);
    if (received === undefined) return reports;
    reports.push(received.message);
  }
}

interface ScreenThread {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly waker: Waker;
  readonly ended: Promise<void>;
  readonly wakeAtExit: () => void;
  release(): void;
}

function startThread(options: ScreenSourceOptions): ScreenThread {
  const waker = new Waker();
  const { port1: port, port2 } = new MessageChannel();
  const workerData: ScreenWorkerData = {
    port: port2 as unknown as globalThis.MessagePort,
    waker: waker.handle,
    screen: options.screen ?? { kind: "x11" },
    displayIndex: options.displayIndex ?? 0,
    maxFps: options.maxFps,
    bitrateBps: options.bitrateBps,
    patches: options.patches ?? true,
    encoder: options.encoder ?? "software",
  };
  const worker = new Worker(new URL("./screen-worker.ts", import.meta.url), {
    workerData,
    transferList: [port2],
    name: "wavry-screen",
    // What the process was started with (a script on its command line, say) is not the worker's.
    execArgv: [],
  });
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  // The process cannot end before a thread that blocks in a system call.
  const wakeAtExit = (): void => {
    port.postMessage({ kind: "stop" } satisfies ScreenCommand);
    waker.wake();
  };
  process.once("exit", wakeAtExit);
  return {
    worker,
    port,
    waker,
    ended,
    wakeAtExit,
    release: () => {
      process.off("exit", wakeAtExit);
      port.close();
      waker[Symbol.dispose]();
    },
  };
}

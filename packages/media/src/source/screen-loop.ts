import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { asMediaError } from "../capture/as-media-error.ts";
import { monotonicMicros } from "../capture/clock.ts";
import { openCapture } from "../capture/open-capture.ts";
import type { ScreenCapture } from "../capture/screen-capture.ts";
import type { Waker } from "../capture/waker.ts";
import { openEncoder } from "../encode/open-encoder.ts";
import { LoopTurns } from "../loop-turns.ts";
import { MediaError } from "../media-error.ts";
import { CursorPace } from "./cursor-pace.ts";
import type { ScreenCommand, ScreenReport, ScreenWorkerData } from "./screen-messages.ts";
import { ScreenPump } from "./screen-pump.ts";

/** No wait is longer, so that a lost wake-up or a clock's jump costs no more than this. */
const MAX_WAIT_MICROS = 1_000_000;

/** The worker's life: commands in, captured and encoded updates out, until "stop" or the end of the display. */
export async function runScreenLoop(data: ScreenWorkerData, waker: Waker): Promise<void> {
  const port = data.port as unknown as MessagePort;
  const report = (message: ScreenReport, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);
  try {
    using capture = await openCapture(data.screen, { waker, frameRate: data.maxFps });
    using loop = new ScreenLoop(data, capture, port, report);
    await loop.run();
    report({ kind: "closed" });
  } catch (error) {
    const { code, message } = asMediaError(error);
    report({ kind: "closed", error: { code, message } });
  }
}

class ScreenLoop implements Disposable {
  readonly #capture: ScreenCapture;
  readonly #port: MessagePort;
  readonly #report: (message: ScreenReport, transfer?: ArrayBuffer[]) => void;
  readonly #pump: ScreenPump;
  readonly #pace = new CursorPace();
  readonly #turns = new LoopTurns(monotonicMicros());
  #encoderName = "";
  #paused = true;
  #stopped = false;

  constructor(
    data: ScreenWorkerData,
    capture: ScreenCapture,
    port: MessagePort,
    report: (message: ScreenReport, transfer?: ArrayBuffer[]) => void,
  ) {
    this.#capture = capture;
    this.#port = port;
    this.#report = report;
    this.#pump = new ScreenPump({
      capture,
      clock: monotonicMicros,
      display: data.displayIndex,
      maxFps: data.maxFps,
      bitrateBps: data.bitrateBps,
      patches: data.patches,
      openEncoder: async (options) => {
        const encoder = await openEncoder({ ...options, prefer: data.encoder });
        this.#encoderName = encoder.name;
        return encoder;
      },
      emit: (update, keyframe) => report({ kind: "update", update, keyframe }, [update.buffer]),
    });
  }

  async run(): Promise<void> {
    await this.#pump.prepare();
    this.#report({ kind: "started", size: this.#size(), encoder: this.#encoderName });
    for (;;) {
      this.#obey();
      if (this.#stopped) return;
      if (this.#pump.needsEncoder) await this.#pump.prepare();
      const { dueAt, heedDamage } = this.#pump.plan();
      const cursorDueAt = this.#paused ? Number.POSITIVE_INFINITY : this.#pace.dueAt();
      const left = Math.min(dueAt, cursorDueAt) - monotonicMicros();
      const timeout = Math.max(0, Math.min(MAX_WAIT_MICROS, left));
      const event = this.#capture.wait(timeout, heedDamage);
      if (event === "closed")
        throw new MediaError("display-lost", "the display that was shared has gone away");
      if (event === "resized") {
        this.#pump.resize();
        this.#report({ kind: "resized", size: this.#size() });
        continue;
      }
      this.#pump.step(event);
      if (!this.#paused) this.#followCursor();
      const now = monotonicMicros();
      if (this.#turns.isDue(now)) await this.#turns.take(now);
    }
  }

  [Symbol.dispose](): void {
    this.#pump[Symbol.dispose]();
  }

  #obey(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      const command = received.message as ScreenCommand;
      switch (command.kind) {
        case "keyframe":
          this.#pump.requestKeyframe();
          break;
        case "bitrate":
          this.#pump.setBitrate(command.bitrateBps);
          break;
        case "maxFps":
          this.#pump.setMaxFps(command.maxFps);
          break;
        case "scale":
          this.#pump.setScale(command.scale);
          break;
        case "patches":
          this.#pump.setPatches(command.patches);
          break;
        case "hold":
          this.#pump.holdUntil(command.until);
          break;
        case "repeatCursor":
          this.#capture.forgetCursor();
          break;
        case "pause":
          this.#paused = true;
          this.#pump.pause();
          break;
        case "resume":
          this.#paused = false;
          this.#capture.forgetCursor();
          this.#pump.resume();
          break;
        case "warmUp":
          this.#pump.warmUp();
          break;
        case "stop":
          this.#stopped = true;
          break;
      }
    }
  }

  #followCursor(): void {
    const now = monotonicMicros();
    if (!this.#pace.mayAsk(now)) return;
    const { shape, position } = this.#capture.cursorNews();
    this.#pace.asked(now, shape !== undefined || position !== undefined);
    if (shape !== undefined) this.#report({ kind: "shape", shape });
    if (position !== undefined) this.#report({ kind: "position", position });
  }

  #size(): { width: number; height: number } {
    const { width, height } = this.#capture.size;
    return { width, height };
  }
}

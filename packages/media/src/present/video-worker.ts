/**
 * The thread that decodes and shows: it sleeps on the ring of updates, applies all that wait, and shows them at once.
 */

import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { Rect } from "@wavry/rift-core";
import { asMediaError } from "../capture/as-media-error.ts";
import { monotonicMicros } from "../capture/clock.ts";
import { H264Decoder } from "../decode/h264-decoder.ts";
import { openPainter } from "../decode/open-painter.ts";
import { LoopTurns } from "../loop-turns.ts";
import { MemoryPresenter } from "./memory-presenter.ts";
import type { PointerSprite } from "./pointer-sprite.ts";
import type { Presenter } from "./presenter.ts";
import { SdlPresenter } from "./sdl-presenter.ts";
import { type AppliedUpdate, UpdateApplier } from "./update-applier.ts";
import { UpdateRingReader } from "./update-ring.ts";
import type {
  UpdateStats,
  VideoCommand,
  VideoReport,
  VideoTarget,
  VideoWorkerData,
} from "./video-protocol.ts";
import { openWake } from "./window-wake.ts";
import { X11Presenter } from "./x11-presenter.ts";

/** When updates come faster than they can be shown, this many are applied between two presents. */
const MAX_UPDATES_A_PRESENT = 4;

const { ring, commands, decodeThreads } = workerData as VideoWorkerData;

function report(message: VideoReport, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

function openPresenter(where: VideoTarget): Presenter {
  switch (where.type) {
    case "memory":
      return new MemoryPresenter();
    case "x11":
      return new X11Presenter(where);
    case "sdl":
      return new SdlPresenter(where.port, openWake(where.wakeDescriptor));
  }
}

class VideoLoop {
  readonly #reader: UpdateRingReader;
  readonly #presenter: Presenter;
  readonly #applier: UpdateApplier;
  #sprite: PointerSprite | undefined;
  #pointerX = 0;
  #pointerY = 0;
  #screenWidth = 0;
  #screenHeight = 0;
  readonly #turns = new LoopTurns(monotonicMicros());

  constructor(reader: UpdateRingReader, presenter: Presenter, applier: UpdateApplier) {
    this.#reader = reader;
    this.#presenter = presenter;
    this.#applier = applier;
  }

  /** Runs until the command to end. */
  async run(): Promise<void> {
    if (!this.#obeyAll()) return;
    for (;;) {
      this.#reader.wait();
      if (this.#reader.takeCommandSignal() && !this.#obeyAll()) return;
      this.#showWaiting();
      const now = monotonicMicros();
      if (this.#turns.isDue(now)) await this.#turns.take(now);
    }
  }

  #showWaiting(): void {
    const applied: { result: AppliedUpdate; frameId: number; bytes: number }[] = [];
    const rects: Rect[] = [];
    let keyframeNeeded = false;
    while (applied.length < MAX_UPDATES_A_PRESENT) {
      const queued = this.#reader.peek();
      if (queued === undefined) break;
      const { frameId } = queued;
      const bytes = queued.bytes.length;
      const result = this.#applier.apply(queued.bytes, queued.contiguous);
      this.#reader.release();
      applied.push({ result, frameId, bytes });
      rects.push(...result.rects);
      if (result.keyframeNeeded) keyframeNeeded = true;
      else if (result.update?.keyframe === true) keyframeNeeded = false;
    }
    if (applied.length === 0) return;
    const start = monotonicMicros();
    if (rects.length > 0) this.#presenter.present(rects);
    const presentedAt = monotonicMicros();
    this.#tellScreen();
    const stats = applied.map(({ result, frameId, bytes }) =>
      statsOf(result, frameId, bytes, presentedAt - start, presentedAt),
    );
    report({ type: "updates", stats, keyframeNeeded });
  }

  #tellScreen(): void {
    const { screen } = this.#applier;
    if (screen === undefined) return;
    if (screen.width === this.#screenWidth && screen.height === this.#screenHeight) return;
    this.#screenWidth = screen.width;
    this.#screenHeight = screen.height;
    report({ type: "screen", size: screen });
  }

  /** False at the command to end. Of several sizes only the last one counts. */
  #obeyAll(): boolean {
    let surface: Extract<VideoCommand, { type: "surface" }> | undefined;
    let pointerMoved = false;
    for (;;) {
      const received = receiveMessageOnPort(commands);
      if (received === undefined) break;
      const command = received.message as VideoCommand;
      if (command.type === "quit") return false;
      if (command.type === "surface") surface = command;
      else if (command.type === "target") continue;
      else if (command.type === "pointer") {
        this.#sprite = command.sprite;
        pointerMoved = true;
      } else if (command.type === "pointerAt") {
        this.#pointerX = command.x;
        this.#pointerY = command.y;
        pointerMoved = true;
      } else if (command.type === "overlay") this.#presenter.setOverlay(command.lines);
      else this.#snapshot(command.id);
    }
    if (surface !== undefined) this.#presenter.resizeSurface(surface.size);
    if (pointerMoved) this.#presenter.setPointer(this.#sprite, this.#pointerX, this.#pointerY);
    return true;
  }

  #snapshot(id: number): void {
    const { width, height, pixels, stridePixels } = this.#presenter.framebuffer;
    const copy = new Uint32Array(width * height);
    for (let y = 0; y < height; y++)
      copy.set(pixels.subarray(y * stridePixels, y * stridePixels + width), y * width);
    report({ type: "snapshot", id, snapshot: { width, height, pixels: copy } }, [copy.buffer]);
  }
}

function statsOf(
  result: AppliedUpdate,
  frameId: number,
  bytes: number,
  presentMicros: number,
  presentedAt: number,
): UpdateStats {
  const { update, dropped, decodeMicros, convertMicros } = result;
  return {
    frameId,
    dropped,
    codec: update?.codec,
    keyframe: update?.keyframe ?? false,
    bytes,
    capturedAt: update?.capturedAt ?? 0,
    captureMicros: update?.captureMicros ?? 0,
    hostConvertMicros: update?.convertMicros ?? 0,
    encodeMicros: update?.encodeMicros ?? 0,
    decodeMicros,
    convertMicros,
    presentMicros,
    presentedAt,
  };
}

/** Waits to be told where to show, until that works; undefined at the command to end. */
function awaitPresenter(reader: UpdateRingReader): Presenter | undefined {
  for (;;) {
    const command = receiveMessageOnPort(commands)?.message as VideoCommand | undefined;
    if (command === undefined) {
      reader.waitForCommand();
      continue;
    }
    if (command.type === "quit") return undefined;
    if (command.type !== "target") continue;
    try {
      const presenter = openPresenter(command.target);
      report({ type: "ready", presenter: command.target.type });
      return presenter;
    } catch (error) {
      const { code, message } = asMediaError(error);
      report({ type: "refused", code, message });
    }
  }
}

try {
  const reader = new UpdateRingReader(ring);
  using decoder = new H264Decoder({ threads: decodeThreads });
  using painter = openPainter();
  using presenter = awaitPresenter(reader);
  if (presenter !== undefined) {
    const applier = new UpdateApplier({ decoder, painter, presenter, now: monotonicMicros });
    await new VideoLoop(reader, presenter, applier).run();
  }
} catch (error) {
  const { code, message } = asMediaError(error);
  report({ type: "failed", code, message });
} finally {
  commands.close();
}

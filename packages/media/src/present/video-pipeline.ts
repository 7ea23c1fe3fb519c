import { availableParallelism } from "node:os";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { MAX_UPDATE_BYTES, type Size } from "@wavry/rift-core/screen";
import { MediaError } from "../media-error.ts";
import type { ClientWindow } from "./client-window.ts";
import type { PointerSprite } from "./pointer-sprite.ts";
import type { Drop } from "./update-applier.ts";
import { createRingMemory, UpdateRingWriter } from "./update-ring.ts";
import type {
  Snapshot,
  UpdateStats,
  VideoCommand,
  VideoReport,
  VideoTarget,
  VideoWorkerData,
} from "./video-protocol.ts";

/** How `VideoPipeline.start` shows what it decodes. */
export interface VideoPipelineOptions {
  /**
   * Where to show it; undefined keeps the picture in memory only. With a window that is still being opened, the thread
   * gets ready meanwhile.
   */
  readonly window?: ClientWindow | Promise<ClientWindow> | undefined;
  /** Which presenter: "x11" and "sdl" insist; "auto" (default) takes X11's shared memory where it works, else SDL. */
  readonly presenter?: "auto" | "x11" | "sdl";
  /** Threads that share one picture's slices, without a frame of delay; default 2 where there are two processors. */
  readonly decodeThreads?: number;
}

/** The longest queue: two of the largest updates. */
const RING_BYTES = 2 * MAX_UPDATE_BYTES + 4_096;

/**
 * Decodes screen updates in a thread of its own and shows them as they come. Updates are never queued for long: they
 * are applied in order, several at once when they pile up, and dropped (with a call for a keyframe) when even that fails.
 */
export class VideoPipeline implements AsyncDisposable {
  /** What became of each update, in order; several together when they were shown at once. */
  onUpdates: ((stats: readonly UpdateStats[]) => void) | undefined;
  /** The host must be asked for a keyframe. */
  onKeyframeNeeded: (() => void) | undefined;
  /** The host's screen has another size; the window's pointer mapping follows by itself. */
  onScreenSize: ((size: Size) => void) | undefined;

  /** Resolves once the thread is gone: undefined after `close()`, else why it failed. */
  readonly closed: Promise<MediaError | undefined>;
  #window: ClientWindow | undefined;
  readonly #worker: Worker;
  readonly #commands: MessagePort;
  readonly #ring: UpdateRingWriter;
  readonly #snapshots = new Map<
    number,
    { resolve: (snapshot: Snapshot) => void; reject: (error: MediaError) => void }
  >();
  readonly #drops: Record<Drop, number> = {
    "waiting-for-keyframe": 0,
    "bad-data": 0,
    "bad-size": 0,
  };
  #nextSnapshot = 0;
  #whole = true;
  #screenSize: Size | undefined;
  #failure: MediaError | undefined;
  #onReady: ((error: MediaError | undefined) => void) | undefined;
  #forget: () => void = () => {};
  #open = true;

  private constructor(options: VideoPipelineOptions) {
    const memory = createRingMemory(RING_BYTES);
    this.#ring = new UpdateRingWriter(memory);
    const { port1, port2 } = new MessageChannel();
    this.#commands = port1;
    port1.unref();
    const data: VideoWorkerData = {
      ring: memory,
      commands: port2,
      decodeThreads: options.decodeThreads ?? Math.min(2, availableParallelism()),
    };
    this.#worker = new Worker(new URL("./video-worker.ts", import.meta.url), {
      name: "wavry-video",
      workerData: data,
      transferList: [port2],
    });
    this.#worker.on("message", (message: VideoReport) => this.#handle(message));
    this.closed = new Promise((resolve) => {
      this.#worker.once("error", (cause) => {
        this.#failure ??= new MediaError("system", "the video thread failed", { cause });
      });
      this.#worker.once("exit", () => {
        this.#finish();
        resolve(this.#failure);
      });
    });
  }

  /** Starts decoding; rejects with `MediaError` if nothing can be decoded or shown here. */
  static async start(options: VideoPipelineOptions = {}): Promise<VideoPipeline> {
    const pipeline = new VideoPipeline(options);
    try {
      await pipeline.#show(await options.window, options.presenter ?? "auto");
    } catch (error) {
      await pipeline.close();
      throw error;
    }
    return pipeline;
  }

  async #show(
    window: ClientWindow | undefined,
    presenter: NonNullable<VideoPipelineOptions["presenter"]>,
  ): Promise<void> {
    this.#window = window;
    if (window === undefined) return this.#aim({ type: "memory" });
    const xid = window.x11Window;
    if (presenter === "x11" && xid === undefined)
      throw new MediaError("unavailable", "the window is not an X11 window");
    if (xid !== undefined && presenter !== "sdl") {
      const { display, size } = window;
      try {
        await this.#aim({ type: "x11", display, window: xid, surface: size });
        return;
      } catch (error) {
        const lost = error instanceof MediaError && error.code === "display-lost";
        if (presenter === "x11" || lost || !this.#open) throw error;
      }
    }
    const { port1, port2 } = new MessageChannel();
    window.attachSurface(port1);
    await this.#aim({ type: "sdl", port: port2, wakeDescriptor: window.wakeDescriptor });
  }

  /** Size of the host's screen, once a keyframe has told it. */
  get screenSize(): Size | undefined {
    return this.#screenSize;
  }

  /** Updates that were not shown, by cause. */
  get drops(): Readonly<Record<Drop, number>> {
    return this.#drops;
  }

  /** Takes one complete screen update (borrowed); `contiguous` is false if one before it was lost. Never blocks. */
  push(update: Uint8Array, info: { readonly frameId: number; readonly contiguous: boolean }): void {
    if (!this.#open) return;
    const contiguous = info.contiguous && this.#whole;
    this.#whole = this.#ring.push(update, info.frameId, contiguous);
    if (!this.#whole) this.onKeyframeNeeded?.();
  }

  /** Lays lines of text over the top left of the window, or takes them away. */
  setOverlay(lines: readonly string[] | null): void {
    this.#send({ type: "overlay", lines: lines ?? undefined });
  }

  /** Draws a pointer over the picture, where the system shows none (X11); undefined takes it away. */
  setPointer(sprite: PointerSprite | undefined): void {
    this.#send({ type: "pointer", sprite });
  }

  /** Moves that pointer to a pixel of the picture. */
  movePointer(x: number, y: number): void {
    this.#send({ type: "pointerAt", x, y });
  }

  /** A copy of the picture as it is now, without overlay. */
  snapshot(): Promise<Snapshot> {
    if (!this.#open)
      return Promise.reject(this.#failure ?? new MediaError("system", "the pipeline is closed"));
    const id = this.#nextSnapshot++;
    return new Promise((resolve, reject) => {
      this.#snapshots.set(id, { resolve, reject });
      this.#send({ type: "snapshot", id });
    });
  }

  /** Ends the thread; what is still queued is not shown. Safe to call again. */
  async close(): Promise<void> {
    this.#send({ type: "quit" });
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Names the target to the thread and waits until it can be drawn to. */
  #aim(target: VideoTarget): Promise<void> {
    this.#send({ type: "target", target }, target.type === "sdl" ? [target.port] : []);
    return new Promise((resolve, reject) => {
      this.#onReady = (error) => {
        this.#onReady = undefined;
        if (error !== undefined) return reject(error);
        this.#attach();
        resolve();
      };
      void this.closed.then((failure) =>
        this.#onReady?.(failure ?? new MediaError("system", "the video thread ended")),
      );
    });
  }

  /** The window may have changed since its size was read. */
  #attach(): void {
    const window = this.#window;
    if (window === undefined) return;
    this.#forget = window.addDependent(this);
    window.onSurfaceChange = (size) => this.#send({ type: "surface", size });
    this.#send({ type: "surface", size: window.size });
  }

  #handle(message: VideoReport): void {
    switch (message.type) {
      case "ready":
        this.#onReady?.(undefined);
        return;
      case "refused":
        this.#onReady?.(new MediaError(message.code, message.message));
        return;
      case "updates":
        for (const { dropped } of message.stats) if (dropped !== undefined) this.#drops[dropped]++;
        if (message.keyframeNeeded) this.onKeyframeNeeded?.();
        this.onUpdates?.(message.stats);
        return;
      case "screen":
        this.#screenSize = message.size;
        this.#window?.setPictureSize(message.size);
        this.onScreenSize?.(message.size);
        return;
      case "snapshot":
        this.#snapshots.get(message.id)?.resolve(message.snapshot);
        this.#snapshots.delete(message.id);
        return;
      case "failed":
        this.#failure = new MediaError(message.code, message.message);
        return;
    }
  }

  #send(command: VideoCommand, transfer: MessagePort[] = []): void {
    if (!this.#open) return;
    this.#commands.postMessage(command, transfer);
    this.#ring.announceCommand();
  }

  #finish(): void {
    this.#open = false;
    this.#forget();
    if (this.#window !== undefined) this.#window.onSurfaceChange = undefined;
    this.#commands.close();
    const error = this.#failure ?? new MediaError("system", "the pipeline is closed");
    for (const { reject } of this.#snapshots.values()) reject(error);
    this.#snapshots.clear();
  }
}

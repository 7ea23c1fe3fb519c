import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Size } from "@wavry/rift-core";
import { WakeSignal } from "@wavry/x11";
import { MediaError } from "../media-error.ts";
import type { InputEvent, ModeEvent, WindowEvent } from "./window-events.ts";
import type {
  CursorShape,
  WindowCommand,
  WindowReport,
  WindowSettings,
  WindowWorkerData,
} from "./window-protocol.ts";
import { openWake } from "./window-wake.ts";

/** How `ClientWindow.open` makes its window. */
export interface ClientWindowOptions {
  readonly title: string;
  /** In pixels; ignored in fullscreen. */
  readonly size: Size;
  readonly fullscreen?: boolean;
  readonly borderless?: boolean;
  /** Default true. */
  readonly resizable?: boolean;
  /** Whether the system's own shortcuts go to the host too; default in fullscreen only. */
  readonly grabKeyboard?: "fullscreen" | "always" | "never";
  /** X display such as ":1"; default $DISPLAY, or what SDL finds. */
  readonly display?: string;
}

/** SDL allows one thread to own windows. */
let windowIsOpen = false;

/**
 * A native window (SDL2) in a thread of its own. Callbacks run on the thread that opened it, in the order of events.
 * Ctrl+Alt+Shift with Q asks to close, with F toggles fullscreen, with M relative mouse mode, with S statistics; these
 * keys are not reported, and everything held is reported as released first.
 */
export class ClientWindow implements AsyncDisposable {
  /** Keyboard and mouse, for the host; owned by the callee. */
  onInput: ((events: InputEvent[]) => void) | undefined;
  onResize: ((size: Size) => void) | undefined;
  /** The window's button or the chord; the window stays open until `close()`. */
  onCloseRequest: ((by: "window" | "chord") => void) | undefined;
  onMode: ((mode: Pick<ModeEvent, "fullscreen" | "relativeMouse">) => void) | undefined;
  /** The chord for the statistics overlay. */
  onStatisticsToggle: (() => void) | undefined;
  /** The window was resized or uncovered: what draws into it must draw all anew. Taken by `VideoPipeline`. */
  onSurfaceChange: ((size: Size) => void) | undefined;

  /** Resolves once the window is gone: undefined after `close()`, else `MediaError` ("display-lost" and others). */
  readonly closed: Promise<MediaError | undefined>;
  /** The display that it was opened on, as given. */
  readonly display: string | undefined;
  /** For `VideoPipeline`: the eventfd that wakes the window's thread (Linux). */
  readonly wakeDescriptor: number | undefined;
  readonly #worker: Worker;
  readonly #commands: MessagePort;
  readonly #wakeSignal: WakeSignal | undefined;
  readonly #wake: () => void;
  readonly #dependents = new Set<AsyncDisposable>();
  #size: Size;
  #x11Window: number | undefined;
  #failure: MediaError | undefined;
  #open = true;

  private constructor(options: ClientWindowOptions) {
    this.display = options.display;
    this.#size = options.size;
    this.#wakeSignal = process.platform === "linux" ? new WakeSignal() : undefined;
    this.wakeDescriptor = this.#wakeSignal?.fd;
    this.#wake = openWake(this.wakeDescriptor);
    const { port1, port2 } = new MessageChannel();
    this.#commands = port1;
    port1.unref();
    const settings: WindowSettings = {
      title: options.title,
      size: options.size,
      fullscreen: options.fullscreen ?? false,
      borderless: options.borderless ?? false,
      resizable: options.resizable ?? true,
      grabKeyboard: options.grabKeyboard ?? "fullscreen",
      display: options.display,
    };
    const data: WindowWorkerData = {
      settings,
      commands: port2,
      wakeDescriptor: this.wakeDescriptor,
    };
    this.#worker = new Worker(new URL("./window-worker.ts", import.meta.url), {
      name: "wavry-window",
      workerData: data,
      transferList: [port2],
    });
    // Without it process.exit() would wait for the thread's next look around.
    const leave = (): void => this.#send({ type: "quit" });
    process.once("exit", leave);
    this.closed = new Promise((resolve) => {
      this.#worker.once("error", (cause) => {
        this.#failure ??= new MediaError("system", "the window's thread failed", { cause });
      });
      this.#worker.once("exit", () => {
        process.removeListener("exit", leave);
        void this.#finish().then(resolve);
      });
    });
  }

  /** Opens a window; rejects with `MediaError` "no-display", "unavailable" (no SDL2) or "system". */
  static async open(options: ClientWindowOptions): Promise<ClientWindow> {
    if (windowIsOpen) throw new MediaError("unavailable", "this process has a window already");
    windowIsOpen = true;
    let window: ClientWindow;
    try {
      window = new ClientWindow(options);
    } catch (error) {
      windowIsOpen = false;
      throw error;
    }
    await window.#start();
    return window;
  }

  /** In pixels. */
  get size(): Size {
    return this.#size;
  }

  /** The X11 window id, if it is an X11 window. */
  get x11Window(): number | undefined {
    return this.#x11Window;
  }

  setTitle(title: string): void {
    this.#send({ type: "title", title });
  }

  setSize(size: Size): void {
    this.#send({ type: "size", size });
  }

  setFullscreen(on: boolean | "toggle"): void {
    this.#send({ type: "fullscreen", on });
  }

  setRelativeMouse(on: boolean | "toggle"): void {
    this.#send({ type: "relative", on });
  }

  /** The pointer over the window (at most 512 pixels a side); RangeError for a shape that contradicts itself. */
  setCursor(shape: CursorShape | "hidden" | "default"): void {
    if (typeof shape !== "string") checkShape(shape);
    this.#send({ type: "cursor", shape });
  }

  /** The size of what is shown, by whose area in the window pointer positions are measured. */
  setPictureSize(size: Size): void {
    this.#send({ type: "picture", size });
  }

  /** Brings the window to the front and asks for the keyboard. */
  raise(): void {
    this.#send({ type: "raise" });
  }

  /** For `VideoPipeline`: lets the window's thread draw what the other end of `port` asks (see `SdlPresenter`). */
  attachSurface(port: MessagePort | undefined): void {
    const command: WindowCommand = { type: "surface", port };
    this.#send(command, port === undefined ? [] : [port]);
  }

  /** For `VideoPipeline`: `dependent` is disposed before the window goes. Gives the function that takes it off again. */
  addDependent(dependent: AsyncDisposable): () => void {
    this.#dependents.add(dependent);
    return () => this.#dependents.delete(dependent);
  }

  /** Closes what draws into the window, then the window. Safe to call again. */
  async close(): Promise<void> {
    await this.#closeDependents();
    this.#send({ type: "quit" });
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#worker.on("message", (message: WindowReport) => {
        switch (message.type) {
          case "opened":
            this.#size = message.size;
            this.#x11Window = message.x11Window;
            resolve();
            return;
          case "window":
            this.#x11Window = message.x11Window;
            return;
          case "events":
            this.#deliver(message.events);
            return;
          case "failed":
            this.#failure = new MediaError(message.code, message.message);
            return;
        }
      });
      void this.closed.then((failure) =>
        reject(failure ?? new MediaError("system", "the window's thread ended")),
      );
    });
  }

  #deliver(events: readonly WindowEvent[]): void {
    let input: InputEvent[] = [];
    let surfaceChanged = false;
    const flush = (): void => {
      if (input.length > 0) this.onInput?.(input);
      input = [];
    };
    for (const event of events) {
      switch (event.type) {
        case "resize":
          this.#size = { width: event.width, height: event.height };
          surfaceChanged = true;
          this.onResize?.(this.#size);
          break;
        case "expose":
          surfaceChanged = true;
          break;
        case "close":
          flush();
          this.onCloseRequest?.(event.by);
          break;
        case "mode":
          flush();
          this.onMode?.({ fullscreen: event.fullscreen, relativeMouse: event.relativeMouse });
          break;
        case "statistics":
          flush();
          this.onStatisticsToggle?.();
          break;
        default:
          input.push(event);
      }
    }
    flush();
    if (surfaceChanged) this.onSurfaceChange?.(this.#size);
  }

  #send(command: WindowCommand, transfer: MessagePort[] = []): void {
    if (!this.#open) return;
    this.#commands.postMessage(command, transfer);
    this.#wake();
  }

  /** The thread has ended: nothing may signal its descriptor from now on. */
  async #finish(): Promise<MediaError | undefined> {
    this.#open = false;
    await this.#closeDependents();
    this.#commands.close();
    this.#wakeSignal?.[Symbol.dispose]();
    windowIsOpen = false;
    return this.#failure;
  }

  async #closeDependents(): Promise<void> {
    const dependents = [...this.#dependents];
    this.#dependents.clear();
    await Promise.all(dependents.map((each) => each[Symbol.asyncDispose]()));
  }
}

function checkShape(shape: CursorShape): void {
  const { width, height, hotX, hotY, rgba } = shape;
  if (
    !(width >= 1 && height >= 1 && width <= 512 && height <= 512) ||
    rgba.length !== width * height * 4 ||
    !(hotX >= 0 && hotY >= 0 && hotX < width && hotY < height)
  )
    throw new RangeError("a cursor's size, hot spot and pixels contradict each other");
}

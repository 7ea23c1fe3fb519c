/**
 * The thread that owns the window: it sleeps on the display's socket and the wake-up descriptor, so that input is on
 * its way to the main thread within microseconds of its arrival.
 */
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { raiseThreadPriority, WakeSignal } from "@wavry/x11";
import { asMediaError } from "../capture/as-media-error.ts";
import { sdl } from "./sdl-library.ts";
import { SdlSurface } from "./sdl-surface.ts";
import { SdlWindow } from "./sdl-window.ts";
import type { WindowCommand, WindowReport, WindowWorkerData } from "./window-protocol.ts";
import { DescriptorWait } from "./xlib-guard.ts";

/** SDL holds back changes of focus for 200 ms, so the thread looks again soon after the last event. */
const LIVELY_MILLIS = 50;
const LIVELY_ROUNDS = 6;
/** Bounds how long the end of the process can wait for this thread. */
const QUIET_MILLIS = 500;

const { settings, commands, wakeDescriptor } = workerData as WindowWorkerData;

function report(message: WindowReport): void {
  parentPort?.postMessage(message);
}

/** Waits for the next event or command; false when the display is gone. */
function makeWait(window: SdlWindow): (timeoutMillis: number) => "broken" | "ready" | "idle" {
  if (window.x11Descriptor !== undefined && wakeDescriptor !== undefined) {
    const wait = new DescriptorWait(window.x11Descriptor, wakeDescriptor);
    return (timeoutMillis) => wait.wait(timeoutMillis);
  }
  return (timeoutMillis) =>
    sdl().SDL_WaitEventTimeout(null, timeoutMillis) === 1 ? "ready" : "idle";
}

function run(window: SdlWindow): void {
  const wait = makeWait(window);
  let surface: SdlSurface | undefined;
  /** Gives false at the command to end. */
  const obey = (command: WindowCommand): boolean => {
    switch (command.type) {
      case "title":
        window.setTitle(command.title);
        return true;
      case "fullscreen":
        window.setFullscreen(command.on);
        return true;
      case "relative":
        window.setRelativeMouse(command.on);
        return true;
      case "cursor":
        window.setCursor(command.shape);
        return true;
      case "picture":
        window.setPicture(command.size);
        return true;
      case "size":
        window.setSize(command.size);
        return true;
      case "raise":
        window.raise();
        return true;
      case "surface":
        surface?.[Symbol.dispose]();
        surface = command.port === undefined ? undefined : new SdlSurface(window, command.port);
        report({ type: "window", x11Window: window.x11Window });
        return true;
      case "quit":
        return false;
    }
  };
  const tell = (): void => {
    const events = window.pump();
    if (events.length > 0) report({ type: "events", events });
  };
  const wake = wakeDescriptor === undefined ? undefined : new WakeSignal(wakeDescriptor);
  report({ type: "opened", size: window.size, x11Window: window.x11Window });
  let livelyRounds = LIVELY_ROUNDS;
  try {
    for (;;) {
      tell();
      wake?.clear();
      let busy = false;
      for (;;) {
        const received = receiveMessageOnPort(commands);
        if (received === undefined) break;
        if (!obey(received.message as WindowCommand)) return;
        busy = true;
      }
      if (surface?.handleRequests() === true) busy = true;
      // What was just done may have read events from the socket, which would then wake nobody.
      if (busy) tell();
      const state = wait(livelyRounds > 0 ? LIVELY_MILLIS : QUIET_MILLIS);
      livelyRounds = state === "idle" ? Math.max(0, livelyRounds - 1) : LIVELY_ROUNDS;
      if (state !== "broken") continue;
      window.markLost();
      tell();
      report({ type: "failed", code: "display-lost", message: "the display has gone away" });
      return;
    }
  } finally {
    surface?.[Symbol.dispose]();
  }
}

try {
  // This thread does next to nothing but must do it at once: input waits for no decoder.
  if (process.platform === "linux") raiseThreadPriority();
  using window = new SdlWindow(settings);
  run(window);
} catch (error) {
  const { code, message } = asMediaError(error);
  report({ type: "failed", code, message });
} finally {
  commands.close();
}

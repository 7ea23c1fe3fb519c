import { WakeSignal } from "@wavry/x11";
import { EVENT_BYTES, SdlEventType, sdl } from "./sdl-library.ts";

/**
 * How another thread wakes a window's thread: by the eventfd behind `descriptor`, or without one by an SDL event, which
 * may be pushed from any thread. The descriptor stays its owner's.
 */
export function openWake(descriptor: number | undefined): () => void {
  if (descriptor !== undefined) {
    const signal = new WakeSignal(descriptor);
    return () => signal.signal();
  }
  const event = new Uint8Array(EVENT_BYTES);
  new Uint32Array(event.buffer)[0] = SdlEventType.user;
  return () => {
    sdl().SDL_PushEvent(event);
  };
}

import { EVENT_BYTES, sdl } from "./sdl-library.ts";

/** SDL's event queue, one event at a time; the fields name places of SDL_Event (SDL_events.h, SDL 2.0.18 and later). */
export class SdlEventQueue {
  readonly #bytes = new Uint8Array(EVENT_BYTES);
  readonly #i32 = new Int32Array(this.#bytes.buffer);
  readonly #f32 = new Float32Array(this.#bytes.buffer);
  #type = 0;

  /** Takes the next event, which the fields then describe; false if there is none. Never blocks. */
  next(): boolean {
    if (sdl().SDL_PollEvent(this.#bytes) === 0) return false;
    this.#type = (this.#i32[0] ?? 0) >>> 0;
    return true;
  }

  get type(): number {
    return this.#type;
  }

  /** SDL_WindowEvent.event. */
  get windowEvent(): number {
    return this.#bytes[12] ?? 0;
  }

  /** SDL_Scancode: the key's position, mostly the HID usage of page 7. */
  get scancode(): number {
    return this.#i32[4] ?? 0;
  }

  /** SDL_Keycode: the character without modifiers, or a number from 2^30 on. */
  get keySymbol(): number {
    return (this.#i32[5] ?? 0) >>> 0;
  }

  get motionX(): number {
    return this.#i32[5] ?? 0;
  }

  get motionY(): number {
    return this.#i32[6] ?? 0;
  }

  get motionDx(): number {
    return this.#i32[7] ?? 0;
  }

  get motionDy(): number {
    return this.#i32[8] ?? 0;
  }

  get button(): number {
    return this.#bytes[16] ?? 0;
  }

  get buttonX(): number {
    return this.#i32[5] ?? 0;
  }

  get buttonY(): number {
    return this.#i32[6] ?? 0;
  }

  /** Notches to the right, with fractions where the device has them. */
  get wheelX(): number {
    return this.#precise(7, 4);
  }

  /** Notches away from the user. */
  get wheelY(): number {
    return this.#precise(8, 5);
  }

  /** Before SDL 2.0.18 the precise fields are not there and read as what the event before left. */
  #precise(float: number, whole: number): number {
    const precise = this.#f32[float] ?? 0;
    const notches = this.#i32[whole] ?? 0;
    return Math.abs(precise - notches) <= 1 ? precise : notches;
  }
}

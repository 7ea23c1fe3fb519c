/**
 * The client's side of the input channel (spec/input.md §3), sans-IO.
 *
 * Drain contract: after any call that may change the state, and when `pollTimeout()` is reached, call `poll(now)` and
 * send what it gives; one call gives everything there is to say.
 */
import type { Micros } from "../micros.ts";
import { hasBit, isEmptySet, setBit } from "./bit-set.ts";
import { GamepadSender } from "./gamepad-sender.ts";
import type { GamepadState } from "./gamepad-state.ts";
import {
  createInputState,
  type InputState,
  MAX_BUTTON,
  MAX_INPUT_BYTES,
  MAX_INPUT_TRANSITIONS,
  TransitionTarget,
  writeInputDatagram,
} from "./input-datagram.ts";
import { serialAdd, serialDistance } from "./serial.ts";

/** Times of an `InputSender`. */
export interface InputSenderOptions {
  /** From a change to its first repeat while the host has not acknowledged it; doubles with each; default 10 ms. */
  readonly firstRepeatMicros?: Micros;
  /** The longest time between repeats; default 50 ms. */
  readonly slowestRepeatMicros?: Micros;
  /** Between datagrams while anything is held; default 100 ms. */
  readonly heartbeatMicros?: Micros;
  /** Where the sequence and transition numbers begin; other than 0 only in tests of their wrap. */
  readonly firstNumber?: number;
}

/** Turns keyboard, pointer and controller events into input datagrams that survive loss. */
export class InputSender {
  readonly #firstRepeatMicros: Micros;
  readonly #slowestRepeatMicros: Micros;
  readonly #heartbeatMicros: Micros;
  readonly #state: InputState = createInputState();
  /** The datagram that carried each transition first; undefined: none has yet. Parallel to the transitions. */
  readonly #sentIn: (number | undefined)[] = [];
  readonly #buffer = new Uint8Array(MAX_INPUT_BYTES);
  readonly #views = new Map<number, Uint8Array>();
  readonly #gamepads: GamepadSender;
  #motionX = 0;
  #motionY = 0;
  #scrollX = 0;
  #scrollY = 0;
  #changed = false;
  #acknowledged: number;
  /** The datagram that carried the last change first. */
  #changeSequence: number;
  #lastSentAt: Micros = 0;
  #repeatMicros: Micros;

  constructor(options: InputSenderOptions = {}) {
    this.#firstRepeatMicros = options.firstRepeatMicros ?? 10_000;
    this.#slowestRepeatMicros = options.slowestRepeatMicros ?? 50_000;
    this.#heartbeatMicros = options.heartbeatMicros ?? 100_000;
    this.#repeatMicros = this.#firstRepeatMicros;
    const first = options.firstNumber ?? 0;
    this.#state.firstTransition = first >>> 0;
    this.#state.sequence = serialAdd(first, -1);
    this.#acknowledged = this.#state.sequence;
    this.#changeSequence = this.#state.sequence;
    this.#gamepads = new GamepadSender(first);
  }

  /** Whether any key or button is down, or a controller not at rest. */
  get holdsAnything(): boolean {
    const { keys, buttons } = this.#state;
    return !isEmptySet(keys) || !isEmptySet(buttons) || this.#gamepads.holdsAnything;
  }

  /** A key by its HID usage of page 7; auto-repeat, a second release and usages outside 4..255 are ignored. */
  key(usage: number, down: boolean): void {
    if (!(usage >= 4 && usage <= 255) || hasBit(this.#state.keys, usage) === down) return;
    setBit(this.#state.keys, usage, down);
    this.#transition(TransitionTarget.key, usage, down);
  }

  /** A button by its HID usage of page 9, 1..16 (see `Button`); repetition and other numbers are ignored. */
  button(button: number, down: boolean): void {
    if (!(button >= 1 && button <= MAX_BUTTON)) return;
    if (hasBit(this.#state.buttons, button - 1) === down) return;
    setBit(this.#state.buttons, button - 1, down);
    this.#transition(TransitionTarget.button, button, down);
  }

  /** The pointer is at a point of a display, as 16-bit fractions (see `pixelToFraction`). */
  pointerAbsolute(x: number, y: number, display = 0): void {
    const state = this.#state;
    if (state.absolute && state.x === x && state.y === y && state.display === display) return;
    state.absolute = true;
    state.x = x;
    state.y = y;
    state.display = display;
    this.#changed = true;
  }

  /** The pointer has moved by a distance in pixels; fractions of a pixel add up. */
  pointerRelative(dx: number, dy: number): void {
    if (dx === 0 && dy === 0) return;
    this.#motionX += dx;
    this.#motionY += dy;
    this.#state.absolute = false;
    this.#state.motionX = Math.floor(this.#motionX) | 0;
    this.#state.motionY = Math.floor(this.#motionY) | 0;
    this.#changed = true;
  }

  /** The wheel has turned, in 1/120 notch; positive is to the right and away from the user; fractions add up. */
  scroll(dx120: number, dy120: number): void {
    if (dx120 === 0 && dy120 === 0) return;
    this.#scrollX += dx120;
    this.#scrollY += dy120;
    this.#state.scrollX = Math.floor(this.#scrollX) | 0;
    this.#state.scrollY = Math.floor(this.#scrollY) | 0;
    this.#changed = true;
  }

  /**
   * What controller `index` (0..3, others are ignored) does now; undefined: it is gone. Only for hosts that offer feature
   * "gamepad".
   */
  gamepad(index: number, state: GamepadState | undefined): void {
    if (this.#gamepads.set(index, state)) this.#changed = true;
  }

  /** Releases everything that is held, buttons first, and puts controllers to rest; for the loss of focus. */
  releaseAll(): void {
    if (this.#gamepads.rest()) this.#changed = true;
    for (let button = 1; button <= MAX_BUTTON; button++) this.button(button, false);
    for (let usage = 4; usage <= 255; usage++) this.key(usage, false);
  }

  /** The host has received the datagram with this number. Numbers that are old or were never sent are ignored. */
  onAcknowledged(sequence: number): void {
    if (serialDistance(sequence, this.#acknowledged) <= 0) return;
    if (serialDistance(sequence, this.#state.sequence) > 0) return;
    this.#acknowledged = sequence;
    let known = 0;
    for (; known < this.#state.transitionCount; known++) {
      const sentIn = this.#sentIn[known];
      if (sentIn === undefined || serialDistance(sequence, sentIn) < 0) break;
    }
    this.#forgetOldest(known);
    this.#gamepads.onAcknowledged(sequence);
  }

  /** The datagram to send now, if any; borrowed until the next call. */
  poll(now: Micros): Uint8Array | undefined {
    if (this.#changed) {
      this.#changed = false;
      this.#repeatMicros = this.#firstRepeatMicros;
      this.#changeSequence = serialAdd(this.#state.sequence, 1);
    } else {
      const due = this.pollTimeout();
      if (due === undefined || due > now) return undefined;
      if (this.#isUnacknowledged)
        this.#repeatMicros = Math.min(this.#repeatMicros * 2, this.#slowestRepeatMicros);
    }
    const state = this.#state;
    state.sequence = serialAdd(state.sequence, 1);
    for (let i = 0; i < state.transitionCount; i++) this.#sentIn[i] ??= state.sequence;
    state.gamepads = this.#gamepads.compose(state.sequence);
    this.#lastSentAt = now;
    return this.#view(writeInputDatagram(this.#buffer, 0, state));
  }

  /** When to call `poll` next: -Infinity for at once, undefined for not before a change. */
  pollTimeout(): Micros | undefined {
    if (this.#changed) return Number.NEGATIVE_INFINITY;
    if (this.#isUnacknowledged) return this.#lastSentAt + this.#repeatMicros;
    return this.holdsAnything ? this.#lastSentAt + this.#heartbeatMicros : undefined;
  }

  /** Kept by length, of which there are few: no object a datagram. */
  #view(length: number): Uint8Array {
    let view = this.#views.get(length);
    if (view === undefined) {
      view = this.#buffer.subarray(0, length);
      this.#views.set(length, view);
    }
    return view;
  }

  get #isUnacknowledged(): boolean {
    return serialDistance(this.#changeSequence, this.#acknowledged) > 0;
  }

  #transition(target: TransitionTarget, code: number, down: boolean): void {
    const state = this.#state;
    if (state.transitionCount === MAX_INPUT_TRANSITIONS) this.#forgetOldest(1);
    const transition = state.transitions[state.transitionCount]!;
    this.#sentIn[state.transitionCount] = undefined;
    state.transitionCount++;
    transition.target = target;
    transition.code = code;
    transition.down = down;
    transition.absolute = state.absolute;
    transition.display = state.display;
    transition.x = (state.absolute ? state.x : state.motionX) & 0xffff;
    transition.y = (state.absolute ? state.y : state.motionY) & 0xffff;
    transition.scrollX = state.scrollX & 0xffff;
    transition.scrollY = state.scrollY & 0xffff;
    this.#changed = true;
  }

  #forgetOldest(count: number): void {
    const state = this.#state;
    for (let left = count; left > 0; left--) {
      // The record goes to the end, to be used again.
      state.transitions.push(state.transitions.shift()!);
      this.#sentIn.shift();
      state.transitionCount--;
      state.firstTransition = serialAdd(state.firstTransition, 1);
    }
  }
}

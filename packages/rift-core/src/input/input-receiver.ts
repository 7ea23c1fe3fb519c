/**
 * The host's side of the input channel for one client (spec/input.md §4), sans-IO.
 *
 * Drain contract: after `receive` and when `pollTimeout()` is reached, call `handleTimeout(now, sink)` (which may
 * inject releases) and `pollAcknowledgement(now)` (which may name a datagram to acknowledge).
 */
import { equalBytes } from "../bytes.ts";
import type { Micros } from "../micros.ts";
import { hasBit, isEmptySet, setBit } from "./bit-set.ts";
import { GamepadNews, GamepadReceiver } from "./gamepad-receiver.ts";
import {
  createInputState,
  type InputState,
  type InputTransition,
  MAX_BUTTON,
  readInputDatagram,
  TransitionTarget,
} from "./input-datagram.ts";
import type { InputSink } from "./input-sink.ts";
import { serialAdd, serialDistance } from "./serial.ts";

/** Times of an `InputReceiver`. */
export interface InputReceiverOptions {
  /** After how long a silence everything that is held is released; default 500 ms. */
  readonly expiryMicros?: Micros;
  /** The least time between acknowledgements of mere motion; default 5 ms. */
  readonly acknowledgeEveryMicros?: Micros;
  /** As the sender's; other than 0 only in tests. */
  readonly firstNumber?: number;
}

/** What an `InputReceiver` has met. */
export interface InputReceiveCounters {
  /** Datagrams older than one that was there already, or double. */
  stale: number;
  /** Datagrams before which transitions were lost for good. */
  gaps: number;
  /** Times that what was held was released because of silence. */
  expiries: number;
}

/** The most that one datagram may move or scroll; a sound client stays far below. */
const MAX_MOTION = 32_767;
const MAX_SCROLL_120 = 120 * 128;
/** Usages before it are no keys, and are not injected whatever a client sends (spec/input.md §1). */
const FIRST_KEY = 4;

/** Turns input datagrams into injections: each press and release once and in order, whatever the network does. */
export class InputReceiver {
  readonly counters: InputReceiveCounters = { stale: 0, gaps: 0, expiries: 0 };
  readonly #expiryMicros: Micros;
  readonly #acknowledgeEveryMicros: Micros;
  readonly #incoming: InputState = createInputState();
  readonly #keys = new Uint8Array(32);
  readonly #buttons = new Uint8Array(2);
  readonly #keysBefore = new Uint8Array(32);
  readonly #buttonsBefore = new Uint8Array(2);
  readonly #gamepads: GamepadReceiver;
  #newest: number;
  #nextTransition: number;
  #motionX = 0;
  #motionY = 0;
  #scrollX = 0;
  #scrollY = 0;
  #scrollLeft = 0;
  /** The position that was injected last; display -1 where there is none or relative motion came after it. */
  readonly #position = { display: -1, x: 0, y: 0 };
  #heardAt: Micros = 0;
  #acknowledgedAt: Micros = Number.NEGATIVE_INFINITY;
  #acknowledgeAt: Micros | undefined;

  constructor(options: InputReceiverOptions = {}) {
    this.#expiryMicros = options.expiryMicros ?? 500_000;
    this.#acknowledgeEveryMicros = options.acknowledgeEveryMicros ?? 5_000;
    this.#nextTransition = (options.firstNumber ?? 0) >>> 0;
    this.#newest = serialAdd(this.#nextTransition, -1);
    this.#gamepads = new GamepadReceiver(this.#nextTransition);
  }

  /** Whether this client holds any key or button, or has a controller that is not at rest. */
  get holdsAnything(): boolean {
    return !isEmptySet(this.#keys) || !isEmptySet(this.#buttons) || this.#gamepads.holdsAnything;
  }

  /** Takes a datagram (borrowed) and injects what is new in it. Throws WireError, and then nothing has changed. */
  receive(datagram: Uint8Array, now: Micros, sink: InputSink): void {
    const state = this.#incoming;
    readInputDatagram(datagram, state);
    if (serialDistance(state.sequence, this.#newest) <= 0) {
      this.counters.stale++;
      this.#acknowledgeAt = now;
      return;
    }
    this.#newest = state.sequence;
    this.#heardAt = now;
    this.#scrollLeft = MAX_SCROLL_120;

    const ahead = serialDistance(this.#nextTransition, state.firstTransition);
    if (ahead < 0 || this.#gamepads.misses(state.gamepads)) this.counters.gaps++;
    const known = Math.max(0, Math.min(ahead, state.transitionCount));
    const isKnown = known === state.transitionCount;
    const isStill = !this.#hasMoved(state);
    // Controllers are apart from keys and pointer: their order does not matter.
    const news = this.#gamepads.receive(state.gamepads, sink);
    const isRepeat = isKnown && isStill && news === GamepadNews.none;
    if (!isKnown || news === GamepadNews.transition || isRepeat) this.#acknowledgeAt = now;
    else this.#acknowledgeAt ??= Math.max(now, this.#acknowledgedAt + this.#acknowledgeEveryMicros);

    this.#catchUp(state, known, sink);
    for (let i = known; i < state.transitionCount; i++)
      this.#transition(state.transitions[i]!, sink);
    this.#nextTransition = serialAdd(state.firstTransition, state.transitionCount);
    this.#moveTo(state, sink);
    // A sound client's map agrees with its transitions; the map decides about any other's.
    this.#hold(state.keys, state.buttons, sink);
  }

  /** Releases what has been held through too long a silence. */
  handleTimeout(now: Micros, sink: InputSink): void {
    if (!this.holdsAnything || now < this.#heardAt + this.#expiryMicros) return;
    this.counters.expiries++;
    this.releaseAll(sink);
  }

  /**
   * Releases everything that this client holds and puts its controllers to rest. They stay plugged in: a game that loses
   * one stops and asks.
   */
  releaseAll(sink: InputSink): void {
    this.#hold(NO_KEYS, NO_BUTTONS, sink);
    this.#gamepads.rest(sink);
  }

  /** Takes this client's controllers away; for its disconnect. Its next datagram plugs them in again. */
  unplugGamepads(sink: InputSink): void {
    this.#gamepads.unplugAll(sink);
  }

  /** The number to acknowledge now, if one is due: of presses at once, of mere motion now and then. */
  pollAcknowledgement(now: Micros): number | undefined {
    if (this.#acknowledgeAt === undefined || this.#acknowledgeAt > now) return undefined;
    this.#acknowledgeAt = undefined;
    this.#acknowledgedAt = now;
    return this.#newest;
  }

  /** When to call `handleTimeout` and `pollAcknowledgement` next; undefined: not before a datagram comes. */
  pollTimeout(): Micros | undefined {
    const expiry = this.holdsAnything ? this.#heardAt + this.#expiryMicros : undefined;
    if (expiry === undefined || this.#acknowledgeAt === undefined)
      return expiry ?? this.#acknowledgeAt;
    return Math.min(expiry, this.#acknowledgeAt);
  }

  #hasMoved(state: InputState): boolean {
    if (state.scrollX !== this.#scrollX || state.scrollY !== this.#scrollY) return true;
    if (state.motionX !== this.#motionX || state.motionY !== this.#motionY) return true;
    return state.absolute && !this.#isAt(state);
  }

  /**
   * Brings what is held to where the client was just before the first new transition, which lost transitions or an
   * expiry may have made differ: a transition always changes its key, so its opposite held before it.
   */
  #catchUp(state: InputState, known: number, sink: InputSink): void {
    this.#keysBefore.set(state.keys);
    this.#buttonsBefore.set(state.buttons);
    for (let i = state.transitionCount - 1; i >= known; i--) {
      const { target, code, down } = state.transitions[i]!;
      if (target === TransitionTarget.key) setBit(this.#keysBefore, code, !down);
      else setBit(this.#buttonsBefore, code - 1, !down);
    }
    if (equalBytes(this.#keys, this.#keysBefore) && equalBytes(this.#buttons, this.#buttonsBefore))
      return;
    const first = known < state.transitionCount ? state.transitions[known]! : state;
    if (first.absolute) this.#setPosition(first, sink);
    this.#hold(this.#keysBefore, this.#buttonsBefore, sink);
  }

  #transition(transition: InputTransition, sink: InputSink): void {
    const { target, code, down } = transition;
    if (transition.absolute) {
      // Another client may have moved the pointer since.
      if (target === TransitionTarget.button || !this.#isAt(transition))
        this.#setPosition(transition, sink);
    } else {
      const motionX = advanceLow16(this.#motionX, transition.x);
      this.#moveBy(motionX, advanceLow16(this.#motionY, transition.y), sink);
    }
    const scrollX = advanceLow16(this.#scrollX, transition.scrollX);
    this.#scrollTo(scrollX, advanceLow16(this.#scrollY, transition.scrollY), sink);
    if (target === TransitionTarget.key) this.#key(code, down, sink);
    else this.#button(code, down, sink);
  }

  #moveTo(state: InputState, sink: InputSink): void {
    this.#moveBy(state.motionX, state.motionY, sink);
    const scrolls = state.scrollX !== this.#scrollX || state.scrollY !== this.#scrollY;
    if (state.absolute && (scrolls || !this.#isAt(state))) this.#setPosition(state, sink);
    this.#scrollTo(state.scrollX, state.scrollY, sink);
  }

  #isAt(place: Place): boolean {
    const at = this.#position;
    return at.x === place.x && at.y === place.y && at.display === place.display;
  }

  #setPosition(place: Place, sink: InputSink): void {
    this.#position.display = place.display;
    this.#position.x = place.x;
    this.#position.y = place.y;
    sink.moveAbsolute(place.x, place.y, place.display);
  }

  #moveBy(motionX: number, motionY: number, sink: InputSink): void {
    const dx = clamp((motionX - this.#motionX) | 0, MAX_MOTION);
    const dy = clamp((motionY - this.#motionY) | 0, MAX_MOTION);
    this.#motionX = motionX;
    this.#motionY = motionY;
    if (dx === 0 && dy === 0) return;
    this.#position.display = -1;
    sink.moveRelative(dx, dy);
  }

  #scrollTo(scrollX: number, scrollY: number, sink: InputSink): void {
    const dx = clamp((scrollX - this.#scrollX) | 0, this.#scrollLeft);
    const dy = clamp((scrollY - this.#scrollY) | 0, this.#scrollLeft - Math.abs(dx));
    this.#scrollX = scrollX;
    this.#scrollY = scrollY;
    this.#scrollLeft -= Math.abs(dx) + Math.abs(dy);
    if (dx !== 0 || dy !== 0) sink.scroll(dx, dy);
  }

  /** Makes exactly these held: releases first, so that a modifier does not colour what is pressed after it. */
  #hold(keys: Uint8Array, buttons: Uint8Array, sink: InputSink): void {
    for (const down of [false, true]) {
      for (let button = 1; button <= MAX_BUTTON; button++)
        if (hasBit(buttons, button - 1) === down) this.#button(button, down, sink);
      for (let byte = 0; byte < keys.length; byte++) {
        if (keys[byte] === this.#keys[byte]) continue;
        for (let usage = byte * 8; usage < byte * 8 + 8; usage++)
          if (hasBit(keys, usage) === down) this.#key(usage, down, sink);
      }
    }
  }

  #key(usage: number, down: boolean, sink: InputSink): void {
    if (usage < FIRST_KEY || hasBit(this.#keys, usage) === down) return;
    setBit(this.#keys, usage, down);
    sink.key(usage, down);
  }

  #button(button: number, down: boolean, sink: InputSink): void {
    if (hasBit(this.#buttons, button - 1) === down) return;
    setBit(this.#buttons, button - 1, down);
    sink.button(button, down);
  }
}

interface Place {
  readonly display: number;
  readonly x: number;
  readonly y: number;
}

const NO_KEYS = new Uint8Array(32);
const NO_BUTTONS = new Uint8Array(2);

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}

/** The total nearest to `total` whose low 16 bits are `low`. */
function advanceLow16(total: number, low: number): number {
  return (total + (((low - total) << 16) >> 16)) | 0;
}

import type { GamepadState } from "@wavry/rift-core";
import type { GamepadBackend } from "../gamepad-backend.ts";
import type { InputBackend } from "../input-backend.ts";
import { InputError } from "../input-error.ts";
import type { InputInjector } from "../input-injector.ts";
import { evdevOfUsage } from "../key-table.ts";
import { TrackedInjector } from "../tracked-injector.ts";

/** A back-end that writes down what it would have done; `xtest` by name, with its keys and buttons. */
export class RecordingBackend implements InputBackend {
  readonly name = "xtest";
  readonly outlivesProcess = false;
  readonly losesUnread = false;
  /** "key 4 down", "button 1 up", "move 10,20", "move by 1,2", "scroll 0,-120", 'type "é"'; only what was flushed. */
  readonly events: string[] = [];
  #batch: string[] = [];
  #closed = false;

  key(usage: number, down: boolean): boolean {
    if (evdevOfUsage(usage) === undefined) return false;
    this.#batch.push(`key ${usage} ${down ? "down" : "up"}`);
    return true;
  }

  button(button: number, down: boolean): boolean {
    if (!(button >= 1 && button <= 5)) return false;
    this.#batch.push(`button ${button} ${down ? "down" : "up"}`);
    return true;
  }

  moveAbsolute(x: number, y: number): void {
    this.#batch.push(`move ${x},${y}`);
  }

  moveRelative(dx: number, dy: number): void {
    this.#batch.push(`move by ${dx},${dy}`);
  }

  scroll(dx120: number, dy120: number): void {
    this.#batch.push(`scroll ${dx120},${dy120}`);
  }

  typeText(text: string): number {
    this.#batch.push(`type ${JSON.stringify(text)}`);
    return text.length;
  }

  flush(): void {
    if (this.#closed) throw new InputError("display-closed", "the recording has ended");
    this.events.push(...this.#batch);
    this.#batch = [];
  }

  settle(): void {}

  close(): void {
    this.#closed = true;
  }
}

/** Game controllers that write down what they would have done. */
export class RecordingGamepads implements GamepadBackend {
  /** "pad 0 buttons 1 triggers 0,255 sticks 0,0,-32767,0", "pad 0 gone"; only what was flushed. */
  readonly events: string[];
  #batch: string[] = [];

  /** `events` is what to append to, if it is shared. */
  constructor(events: string[] = []) {
    this.events = events;
  }

  gamepad(index: number, state: GamepadState | undefined): void {
    this.#batch.push(`pad ${index} ${state === undefined ? "gone" : describe(state)}`);
  }

  flush(): void {
    this.events.push(...this.#batch);
    this.#batch = [];
  }

  close(): void {}
}

function describe(state: GamepadState): string {
  const { buttons, leftTrigger, rightTrigger, leftX, leftY, rightX, rightY } = state;
  const triggers = `${leftTrigger},${rightTrigger}`;
  return `buttons ${buttons} triggers ${triggers} sticks ${leftX},${leftY},${rightX},${rightY}`;
}

/** An injector over a recording, which takes game controllers, and the recording's events. */
export function recordingInjector(): { injector: InputInjector; events: readonly string[] } {
  const backend = new RecordingBackend();
  const gamepads = new RecordingGamepads(backend.events);
  return { injector: new TrackedInjector(backend, { gamepads }), events: backend.events };
}

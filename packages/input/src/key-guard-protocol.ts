/**
 * What an injector tells its key guard through the guard's standard input, two bytes for each press or release:
 *
 *     | kind   | code   |    kind: bit 0 button, bit 1 down
 *
 * The end of the input means that the injector's process is gone.
 */
export const GuardTarget = { key: 0, button: 1 } as const;
export type GuardTarget = (typeof GuardTarget)[keyof typeof GuardTarget];

/** Bytes of a record. */
export const GUARD_RECORD_BYTES = 2;
const DOWN = 2;

/** Writes a record; returns the offset after it. */
export function writeGuardRecord(
  out: Uint8Array,
  offset: number,
  target: GuardTarget,
  code: number,
  down: boolean,
): number {
  out[offset] = target | (down ? DOWN : 0);
  out[offset + 1] = code;
  return offset + GUARD_RECORD_BYTES;
}

/** A key or a button. */
export interface Guarded {
  readonly target: GuardTarget;
  readonly code: number;
}

const RECENT_RECORDS = 32;

/** What is pressed, as the records so far say. */
export class GuardedState {
  readonly #held = new Set<number>();
  readonly #recent: number[] = [];
  #kind: number | undefined;

  /** Takes the next bytes of the stream, cut anywhere. */
  receive(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.#kind === undefined) {
        this.#kind = byte;
        continue;
      }
      const entry = ((this.#kind & GuardTarget.button) << 8) | byte;
      if ((this.#kind & DOWN) !== 0) this.#held.add(entry);
      else this.#held.delete(entry);
      this.#recent.push(entry);
      if (this.#recent.length > RECENT_RECORDS) this.#recent.shift();
      this.#kind = undefined;
    }
  }

  /** What is pressed, in the order of the presses. */
  held(): Guarded[] {
    return Array.from(this.#held, toGuarded);
  }

  /** What the latest records were about and is not pressed. */
  recentlyReleased(): Guarded[] {
    return Array.from(new Set(this.#recent).difference(this.#held), toGuarded);
  }
}

function toGuarded(entry: number): Guarded {
  return {
    target: entry >> 8 === 1 ? GuardTarget.button : GuardTarget.key,
    code: entry & 0xff,
  };
}

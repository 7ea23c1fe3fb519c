import type { StreamSink } from "../streams/stream-port.ts";
import { VarintReader } from "./varint-reader.ts";

/** Reads what a stream begins with: its type, and the session where the type has one; not a byte more. */
export class Preface implements StreamSink {
  readonly isPaused = false;
  readonly #reader = new VarintReader();
  readonly #sessionType: number;
  readonly #onType: (type: number, sessionId: number | undefined) => void;
  readonly #onCut: () => void;
  #type: number | undefined;

  constructor(init: {
    /** The type behind which a session's number stands. */
    sessionType: number;
    onType: (type: number, sessionId: number | undefined) => void;
    /** The stream ended before it said what it is. */
    onCut: () => void;
  }) {
    this.#sessionType = init.sessionType;
    this.#onType = init.onType;
    this.#onCut = init.onCut;
  }

  /** Nothing of it was read. */
  get isEmpty(): boolean {
    return this.#type === undefined && this.#reader.isEmpty;
  }

  get wantedBytes(): number {
    return this.#reader.missingBytes;
  }

  onBytes(bytes: Uint8Array): void {
    this.#reader.read(bytes, 0);
    if (!this.#reader.isComplete) return;
    const { value } = this.#reader;
    if (this.#type !== undefined) this.#onType(this.#type, value);
    else if (value !== this.#sessionType) this.#onType(value, undefined);
    else {
      this.#type = value;
      this.#reader.reset();
    }
  }

  onEnd(): void {
    this.#onCut();
  }

  onReset(): void {
    this.#onCut();
  }
}

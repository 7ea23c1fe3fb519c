/** A queue of screen updates from one thread to another in shared memory: no message, no allocation, no copy back. */

/** Cells of the ring's head: what the reader sleeps on, commands sent beside the ring, and byte positions. */
const Cell = { wake: 0, commands: 1, write: 2, read: 3 } as const;
const HEAD_BYTES = 64;
/** Before each update: byte length (or the wrap mark), flags, frame id as a 64-bit float. */
const RECORD_BYTES = 16;
const WRAP = -1;
const CONTIGUOUS = 1;

/** An update as the reader finds it. */
export interface QueuedUpdate {
  /** Borrowed: dies with `release()`. */
  readonly bytes: Uint8Array;
  readonly frameId: number;
  /** False if an update before this one was lost. */
  readonly contiguous: boolean;
}

/** Makes the memory of a ring that holds updates of up to about half of `capacityBytes`. */
export function createRingMemory(capacityBytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(HEAD_BYTES + (capacityBytes & ~7));
}

class Ring {
  protected readonly cells: Int32Array;
  protected readonly words: Int32Array;
  protected readonly floats: Float64Array;
  protected readonly bytes: Uint8Array;
  protected readonly capacity: number;

  constructor(memory: SharedArrayBuffer) {
    this.cells = new Int32Array(memory, 0, HEAD_BYTES / 4);
    this.words = new Int32Array(memory, HEAD_BYTES);
    this.floats = new Float64Array(memory, HEAD_BYTES);
    this.bytes = new Uint8Array(memory, HEAD_BYTES);
    this.capacity = this.bytes.length;
  }
}

/** The writing end; belongs to one thread. */
export class UpdateRingWriter extends Ring {
  /** Copies an update in and wakes the reader; false (and nothing happens) if there is no room. */
  push(bytes: Uint8Array, frameId: number, contiguous: boolean): boolean {
    const needed = recordBytes(bytes.length);
    const read = Atomics.load(this.cells, Cell.read);
    const at = this.#place(needed, read);
    if (at === undefined) return false;
    this.words[at >> 2] = bytes.length;
    this.words[(at >> 2) + 1] = contiguous ? CONTIGUOUS : 0;
    this.floats[(at >> 3) + 1] = frameId;
    this.bytes.set(bytes, at + RECORD_BYTES);
    Atomics.store(this.cells, Cell.write, (at + needed) % this.capacity);
    this.#wake();
    return true;
  }

  /** Tells the reader that a command waits beside the ring. */
  announceCommand(): void {
    Atomics.add(this.cells, Cell.commands, 1);
    this.#wake();
  }

  /** Where a record of `needed` bytes can stand; never fills the ring to the last byte, which would read as empty. */
  #place(needed: number, read: number): number | undefined {
    const write = Atomics.load(this.cells, Cell.write);
    if (write < read) return write + needed < read ? write : undefined;
    // An empty ring starts over early, so that a slow stream stays in the same few cached pages.
    const early = write === read && write > 0 && write >= this.capacity >> 4 && needed < read;
    const fits = write + needed < this.capacity || (write + needed === this.capacity && read > 0);
    if (fits && !early) return write;
    if (needed >= read) return undefined;
    this.words[write >> 2] = WRAP;
    return 0;
  }

  #wake(): void {
    Atomics.add(this.cells, Cell.wake, 1);
    Atomics.notify(this.cells, Cell.wake);
  }
}

/** The reading end; belongs to one thread. */
export class UpdateRingReader extends Ring {
  #seenCommands = 0;
  #next = 0;

  /** Sleeps until there is an update or a command. */
  wait(): void {
    for (;;) {
      const wake = Atomics.load(this.cells, Cell.wake);
      if (!this.isEmpty || Atomics.load(this.cells, Cell.commands) !== this.#seenCommands) return;
      Atomics.wait(this.cells, Cell.wake, wake);
    }
  }

  /** Sleeps until there is a command, whatever updates come. */
  waitForCommand(): void {
    for (;;) {
      const wake = Atomics.load(this.cells, Cell.wake);
      if (this.takeCommandSignal()) return;
      Atomics.wait(this.cells, Cell.wake, wake);
    }
  }

  get isEmpty(): boolean {
    return Atomics.load(this.cells, Cell.write) === Atomics.load(this.cells, Cell.read);
  }

  /** Whether a command has been announced since the last call. */
  takeCommandSignal(): boolean {
    const commands = Atomics.load(this.cells, Cell.commands);
    const any = commands !== this.#seenCommands;
    this.#seenCommands = commands;
    return any;
  }

  /** The oldest update, or undefined. */
  peek(): QueuedUpdate | undefined {
    if (this.isEmpty) return undefined;
    let at = Atomics.load(this.cells, Cell.read);
    if (this.words[at >> 2] === WRAP) at = 0;
    const length = this.words[at >> 2] ?? 0;
    this.#next = (at + recordBytes(length)) % this.capacity;
    return {
      bytes: this.bytes.subarray(at + RECORD_BYTES, at + RECORD_BYTES + length),
      frameId: this.floats[(at >> 3) + 1] ?? 0,
      contiguous: ((this.words[(at >> 2) + 1] ?? 0) & CONTIGUOUS) !== 0,
    };
  }

  /** Gives the room of the update that `peek` gave back to the writer. */
  release(): void {
    Atomics.store(this.cells, Cell.read, this.#next);
  }
}

function recordBytes(length: number): number {
  return RECORD_BYTES + ((length + 7) & ~7);
}

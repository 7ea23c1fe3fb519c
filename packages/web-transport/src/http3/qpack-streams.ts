import { DecoderInstructions, insertCountIncrement } from "../qpack/decoder-instructions.ts";
import type { DynamicTable } from "../qpack/dynamic-table.ts";
import { EncoderInstructions } from "../qpack/encoder-instructions.ts";
import { READ_BYTES, type StreamSink } from "../streams/stream-port.ts";
import { Http3Code, Http3Error } from "./http3-error.ts";

/** The encoder stream of a peer, which fills our table. */
export class QpackEncoderStream implements StreamSink {
  readonly isPaused = false;
  readonly wantedBytes: number = READ_BYTES;
  readonly #table: DynamicTable;
  readonly #instructions: EncoderInstructions;
  readonly #answer: (instruction: Uint8Array) => void;

  constructor(table: DynamicTable, answer: (instruction: Uint8Array) => void) {
    this.#table = table;
    this.#instructions = new EncoderInstructions(table);
    this.#answer = answer;
  }

  onBytes(bytes: Uint8Array): void {
    const before = this.#table.insertCount;
    this.#instructions.read(bytes);
    const inserted = this.#table.insertCount - before;
    if (inserted > 0) this.#answer(insertCountIncrement(inserted));
  }

  onEnd(): void {
    throw criticalStreamClosed();
  }

  onReset(): void {
    throw criticalStreamClosed();
  }
}

/** The decoder stream of a peer, which has nothing to say: our headers use no table. */
export class QpackDecoderStream implements StreamSink {
  readonly isPaused = false;
  readonly wantedBytes: number = READ_BYTES;
  readonly #instructions = new DecoderInstructions();

  onBytes(bytes: Uint8Array): void {
    this.#instructions.read(bytes);
  }

  onEnd(): void {
    throw criticalStreamClosed();
  }

  onReset(): void {
    throw criticalStreamClosed();
  }
}

function criticalStreamClosed(): Http3Error {
  return new Http3Error(Http3Code.closedCriticalStream, "a stream of QPACK was closed");
}

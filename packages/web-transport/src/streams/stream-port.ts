/** What a stream needs of its connection. */
export interface StreamPort {
  writeStream(id: number, bytes: Uint8Array, isEnd: boolean): number | { stopped: number };
  stoppedWith(id: number): number | undefined;
  prioritize(id: number, urgency: number): void;
  resetStream(id: number, code: number): void;
  stopStream(id: number, code: number): void;
  flush(): void;
}

/** Who takes what comes in on a stream. Throws Http3Error where the bytes break a rule. */
export interface StreamSink {
  /** Nothing is read while it is true. */
  readonly isPaused: boolean;
  /** At most so many bytes are wanted at once. */
  readonly wantedBytes: number;
  /** Borrowed; not empty. */
  onBytes(bytes: Uint8Array): void;
  onEnd(): void;
  onReset(http3Code: number): void;
}

/** How much is read at once. */
export const READ_BYTES = 65_536;

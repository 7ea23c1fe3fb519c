/** A stream that came before the request of its session. */
export interface WaitingStream {
  accept(): void;
  refuse(): void;
}

const MAX_STREAMS = 16;

/** Streams that wait for their session, as packets may change places. A few: what they carry is not read before. */
export class WaitingStreams {
  readonly #bySession = new Map<number, WaitingStream[]>();
  #count = 0;

  /** False where too many wait already. */
  add(sessionId: number, stream: WaitingStream): boolean {
    if (this.#count >= MAX_STREAMS) return false;
    this.#count++;
    const streams = this.#bySession.get(sessionId) ?? [];
    streams.push(stream);
    this.#bySession.set(sessionId, streams);
    return true;
  }

  /** The session is there: its streams, which wait no longer. */
  take(sessionId: number): (() => void)[] {
    return this.#remove(sessionId).map((stream) => () => stream.accept());
  }

  /** There will be no such session. */
  refuse(sessionId: number): void {
    for (const stream of this.#remove(sessionId)) stream.refuse();
  }

  #remove(sessionId: number): readonly WaitingStream[] {
    const streams = this.#bySession.get(sessionId) ?? [];
    this.#bySession.delete(sessionId);
    this.#count -= streams.length;
    return streams;
  }
}

import { MAX_UNACKNOWLEDGED_LENGTH, MAX_UNACKNOWLEDGED_MESSAGES } from "./limits.ts";

/** A message before it has its number. */
export type Unnumbered<T> = T extends unknown ? Omit<T, "seq"> : never;

/** Numbers the messages of one direction and keeps them until the other side has them. Bounded. */
export class Outbox<T extends { seq: number }> {
  #last = 0;
  #length = 0;
  #texts: { readonly seq: number; readonly text: string }[] = [];

  /** The text to send, now kept; undefined where too much waits already: the other side must be given up. */
  push(message: Unnumbered<T>): string | undefined {
    const text = JSON.stringify({ ...message, seq: this.#last + 1 });
    if (
      this.#texts.length >= MAX_UNACKNOWLEDGED_MESSAGES ||
      this.#length + text.length > MAX_UNACKNOWLEDGED_LENGTH
    )
      return undefined;
    this.#last++;
    this.#length += text.length;
    this.#texts.push({ seq: this.#last, text });
    return text;
  }

  /** Forgets what the other side has. False for a number that was never given. */
  acknowledge(received: number): boolean {
    if (received > this.#last) return false;
    while (this.#texts[0] !== undefined && this.#texts[0].seq <= received)
      this.#length -= this.#texts.shift()!.text.length;
    return true;
  }

  /** What waits, in order. */
  waiting(): readonly string[] {
    return this.#texts.map(({ text }) => text);
  }

  /** Its state, for another process. */
  save(): SavedOutbox {
    return { last: this.#last, texts: this.waiting() };
  }

  /** Goes on where another process stopped. */
  static restore<T extends { seq: number }>(saved: SavedOutbox): Outbox<T> {
    const outbox = new Outbox<T>();
    outbox.#last = saved.last;
    outbox.#texts = saved.texts.map((text, index) => ({
      seq: saved.last - saved.texts.length + 1 + index,
      text,
    }));
    outbox.#length = saved.texts.reduce((length, text) => length + text.length, 0);
    return outbox;
  }
}

/** What an outbox is made of again. */
export interface SavedOutbox {
  readonly last: number;
  readonly texts: readonly string[];
}

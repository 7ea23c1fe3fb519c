import type { Context } from "../context.ts";
import { newId } from "../keys.ts";
import type { Parcel } from "./parcel.ts";

/** How long another replica may take to answer. */
const ANSWER_MS = 3_000;

/** What travels over the bus to one replica. */
type Envelope =
  | {
      readonly to: string;
      readonly parcel: Parcel;
      /** Where to answer. */
      readonly ask?: { readonly replica: string; readonly id: string };
    }
  | { readonly answer: string; readonly value: unknown };

/** Takes a parcel for a peer of this replica; undefined if there is no such peer here, else the answer. */
export type Receive = (key: string, parcel: Parcel) => Promise<unknown> | undefined;

/** Brings parcels to the replica that has a peer: to this one at once, to others over the bus. */
export class Router implements AsyncDisposable {
  readonly #context: Context;
  readonly #receive: Receive;
  readonly #asked = new Map<string, (value: unknown) => void>();
  #subscription: AsyncDisposable | undefined;

  private constructor(context: Context, receive: Receive) {
    this.#context = context;
    this.#receive = receive;
  }

  /** `receive` is called for parcels from anywhere. */
  static async open(context: Context, receive: Receive): Promise<Router> {
    const router = new Router(context, receive);
    router.#subscription = await context.bus.subscribe(topicOf(context.replica), (text) => {
      void router.#take(JSON.parse(text) as Envelope);
    });
    return router;
  }

  /** Hands a parcel over; false if the peer is nowhere. */
  async tell(key: string, parcel: Parcel): Promise<boolean> {
    const here = this.#receive(key, parcel);
    if (here !== undefined) {
      await here;
      return true;
    }
    const replica = await this.#elsewhere(key);
    if (replica === undefined) return false;
    await this.#publish(replica, { to: key, parcel });
    return true;
  }

  /** Hands a parcel over and gives the answer; undefined if the peer is nowhere or its replica is silent. */
  async ask(key: string, parcel: Parcel): Promise<unknown> {
    const here = this.#receive(key, parcel);
    if (here !== undefined) return here;
    const replica = await this.#elsewhere(key);
    return replica === undefined ? undefined : this.askReplica(replica, key, parcel);
  }

  /** Hands a parcel to the replica that has the peer, if that is another one. */
  async tellElsewhere(key: string, parcel: Parcel): Promise<void> {
    const replica = await this.#elsewhere(key);
    if (replica !== undefined) await this.#publish(replica, { to: key, parcel });
  }

  /** As `ask`, for a peer that may not be noted any more; undefined after `answerMillis`. */
  async askReplica(
    replica: string,
    key: string,
    parcel: Parcel,
    answerMillis: number = ANSWER_MS,
  ): Promise<unknown> {
    const id = newId();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => resolve(undefined), answerMillis);
    this.#asked.set(id, resolve);
    try {
      const ask = { replica: this.#context.replica, id };
      await this.#publish(replica, { to: key, parcel, ask });
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#asked.delete(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subscription?.[Symbol.asyncDispose]();
    for (const resolve of this.#asked.values()) resolve(undefined);
  }

  async #take(envelope: Envelope): Promise<void> {
    if ("answer" in envelope) {
      this.#asked.get(envelope.answer)?.(envelope.value);
      return;
    }
    const { to, parcel, ask } = envelope;
    try {
      const value = await this.#receive(to, parcel);
      if (ask !== undefined && value !== undefined)
        await this.#publish(ask.replica, { answer: ask.id, value });
    } catch (error) {
      this.#context.log.error({ err: error, kind: parcel.kind }, "a parcel was not taken");
    }
  }

  async #elsewhere(key: string): Promise<string | undefined> {
    const [place] = await this.#context.bus.presence([key]);
    return place === undefined || place.replica === this.#context.replica
      ? undefined
      : place.replica;
  }

  #publish(replica: string, envelope: Envelope): Promise<void> {
    return this.#context.bus.publish(topicOf(replica), JSON.stringify(envelope));
  }
}

function topicOf(replica: string): string {
  return `replica:${replica}`;
}

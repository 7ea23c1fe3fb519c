import type { Micros } from "@wavry/rift-core";
import {
  CubicFlow,
  type CubicSegment,
  LabLink,
  type LabLinkStats,
  type LabProfile,
} from "@wavry/rift-core/testing";

/** Which way a datagram goes: forward is from the host to a client. */
export type Direction = "forward" | "backward";

type Item<T> =
  | { readonly kind: "datagram"; readonly datagram: T }
  | { readonly kind: "tcp"; readonly segment: CubicSegment };

/** Where what has arrived goes; `marked`: with ECN CE. */
export type Deliver<T> = (direction: Direction, datagram: T, at: Micros, marked: boolean) => void;

/** What one direction does. `queued` and `rate`: now; the rest since the beginning, without the other traffic. */
export interface DirectionFigures {
  readonly stats: Readonly<LabLinkStats>;
  readonly queuedBytes: number;
  readonly rateBps: number;
  /** The longest wait in the queue of what came out since the last call. */
  readonly queuedMicros: Micros;
}

/** Both directions of a lab link with the other traffic on it; every client of the proxy shares it. */
export class LabPath<T> {
  readonly #links: Readonly<Record<Direction, LabLink<Item<T>>>>;
  readonly #longest: Record<Direction, Micros> = { forward: 0, backward: 0 };
  readonly #tcp: CubicFlow | undefined;

  /** The link's time begins at `startAt`. */
  constructor(options: {
    readonly profile: LabProfile;
    readonly seed: number;
    readonly startAt: Micros;
  }) {
    const { profile, seed, startAt } = options;
    this.#links = {
      forward: new LabLink({ ...profile.forward, seed: 2 * seed + 1, startAt }),
      backward: new LabLink({ ...profile.backward, seed: 2 * seed + 2, startAt }),
    };
    this.#tcp = profile.crossTraffic === "cubic" ? new CubicFlow({ startAt }) : undefined;
  }

  /** Takes a datagram (owned) that is so long on the wire. */
  send(
    direction: Direction,
    datagram: T,
    options: { readonly bytes: number; readonly ecnCapable: boolean; readonly now: Micros },
  ): void {
    const { bytes, ecnCapable, now } = options;
    this.#links[direction].send({ kind: "datagram", datagram }, bytes, now, { ecnCapable });
  }

  /** Hands out what has arrived by `now`, in order, and lets the other traffic go on. */
  advance(now: Micros, deliver: Deliver<T>): void {
    do {
      this.#pumpTcp(now);
      this.#receive("forward", now, deliver);
      this.#receive("backward", now, deliver);
      if (this.#tcp !== undefined && this.#tcp.pollTimeout() <= now) this.#tcp.handleTimeout(now);
    } while (this.#pumpTcp(now));
  }

  /** When to call `advance` next; Infinity: after the next `send`. */
  nextAt(): Micros {
    return Math.min(
      this.#links.forward.nextArrival() ?? Infinity,
      this.#links.backward.nextArrival() ?? Infinity,
      this.#tcp?.pollTimeout() ?? Infinity,
    );
  }

  figures(direction: Direction, now: Micros): DirectionFigures {
    const link = this.#links[direction];
    const queuedMicros = this.#longest[direction];
    this.#longest[direction] = 0;
    return {
      stats: link.stats,
      queuedBytes: link.queuedBytes,
      rateBps: link.rateAt(now),
      queuedMicros,
    };
  }

  #receive(direction: Direction, now: Micros, deliver: Deliver<T>): void {
    const link = this.#links[direction];
    for (let got = link.receive(now); got !== undefined; got = link.receive(now)) {
      if (got.item.kind === "tcp") {
        this.#tcp?.receive(got.item.segment, now);
        continue;
      }
      this.#longest[direction] = Math.max(this.#longest[direction], got.queuedMicros);
      deliver(direction, got.item.datagram, got.at, got.marked);
    }
  }

  #pumpTcp(now: Micros): boolean {
    let sent = false;
    for (let out = this.#tcp?.pollTransmit(now); out !== undefined; ) {
      const direction = out.forward ? "forward" : "backward";
      this.#links[direction].send({ kind: "tcp", segment: out.item }, out.bytes, now);
      sent = true;
      out = this.#tcp?.pollTransmit(now);
    }
    return sent;
  }
}

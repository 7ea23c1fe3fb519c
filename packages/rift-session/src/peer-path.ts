import type { Micros } from "@wavry/rift-core";
import type { Address } from "./admission.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionParts } from "./connection-parts.ts";
import { BOUNDS } from "./constants.ts";
import { Timer } from "./timers.ts";
import type { VideoIntake } from "./video-intake.ts";

/**
 * Where the peer is, and where it was heard. The address in use changes by the peer's moving, which is proven here, or by a
 * program that has proof of its own.
 */
export class PeerPath {
  readonly #connection: Connection;
  readonly #parts: ConnectionParts;
  readonly #intake: VideoIntake;
  #remote: Address;
  /** Where the last authentic datagram came from. */
  #lastFrom: Address;
  /** What `moveTo` has left: late packets from there move nothing. */
  readonly #left: Address[] = [];
  /** Senders of authentic packets that nobody was told of yet, the last two different ones. */
  #heard: Address | undefined;
  #heardBefore: Address | undefined;

  constructor(
    connection: Connection,
    parts: ConnectionParts,
    intake: VideoIntake,
    remote: Address,
  ) {
    this.#connection = connection;
    this.#parts = parts;
    this.#intake = intake;
    this.#remote = remote;
    this.#lastFrom = remote;
  }

  /** The address in use. */
  get remote(): Address {
    return this.#remote;
  }

  /** An authentic datagram came. One from elsewhere may mean that the peer has moved. */
  heard(from: Address, bytes: number, packetNumber: number, now: Micros): void {
    if (from.address !== this.#lastFrom.address) {
      this.#lastFrom = copyOf(from);
      this.#intake.expectOvertaking(now);
    }
    if (this.#heard === undefined || !isSame(this.#heard, from)) {
      this.#heardBefore = this.#heard;
      this.#heard = isSame(from, this.#remote) ? this.#remote : copyOf(from);
    }
    if (isSame(from, this.#remote) || this.#connection.state !== "open") return;
    if (this.#left.some((one) => isSame(one, from))) return;
    const { paths, arrivals } = this.#parts;
    paths.notice(from, bytes, packetNumber > arrivals.highest, now);
  }

  /** A sender of what came since the last call, each once; undefined: no more. */
  pollHeard(): Address | undefined {
    const next = this.#heardBefore ?? this.#heard;
    if (this.#heardBefore !== undefined) this.#heardBefore = undefined;
    else this.#heard = undefined;
    return next;
  }

  /** The path validator's token came back from here. */
  takeProof(from: Address, now: Micros): void {
    const { paths, video, events } = this.#parts;
    const { candidate } = paths;
    paths.forget();
    if (candidate === undefined || !isSame(candidate, from)) return;
    this.#change(from, now);
    // What went the old way is gone; to wait until the peer has missed it would cost another round trip.
    if (video.isInUse) events.push({ type: "keyframe-requested", connection: this.#connection });
  }

  /** The caller has proof that the peer is there. `isOldPathDead`: what was sent the old way is gone. */
  moveTo(to: Address, isOldPathDead: boolean, now: Micros): void {
    if (this.#connection.state !== "open" || isSame(to, this.#remote)) return;
    const { paths, video, events } = this.#parts;
    paths.forget();
    this.#leave(this.#remote, to);
    this.#change(to, now);
    if (isOldPathDead && video.isInUse)
      events.push({ type: "keyframe-requested", connection: this.#connection });
  }

  #change(to: Address, now: Micros): void {
    const { rtt, video, timers, events } = this.#parts;
    // Another port is the same path behind another NAT binding; another address is another path.
    if (to.address !== this.#remote.address) {
      rtt.startAnew(now);
      video.startAnew();
    }
    this.#remote = copyOf(to);
    timers.set(Timer.ping, now);
    events.push({ type: "path-changed", connection: this.#connection });
  }

  #leave(old: Address, next: Address): void {
    const again = this.#left.findIndex((one) => isSame(one, next));
    if (again >= 0) this.#left.splice(again, 1);
    if (!this.#left.some((one) => isSame(one, old))) this.#left.push(old);
    if (this.#left.length > BOUNDS.leftAddresses) this.#left.shift();
  }
}

function isSame(a: Address, b: Address): boolean {
  return a.port === b.port && a.address === b.address;
}

function copyOf({ address, port }: Address): Address {
  return { address, port };
}

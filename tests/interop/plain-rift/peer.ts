/** A client or a host of one connection, without sockets or clocks. */
import { Refused } from "./bytes.ts";
import { type PlainAddress, PlainConnection, type PlainEvent } from "./connection.ts";
import {
  type Agreed,
  ClientHandshake,
  type Guests,
  HostHandshake,
  newId,
  type PlainTarget,
} from "./handshake.ts";
import type { PlainIdentity } from "./identity.ts";
import { readHeader } from "./transport.ts";

const RETRY_MICROS = 60_000;

export class PlainPeer {
  readonly identity: PlainIdentity;
  readonly #random: (length: number) => Uint8Array;
  readonly #host: HostHandshake | undefined;
  #attempt: { handshake: ClientHandshake; to: PlainAddress; retryAt: number } | undefined;
  #agreed: Agreed | undefined;
  #confirmed = false;
  connection: PlainConnection | undefined;
  readonly #outbox: { bytes: Uint8Array; to: PlainAddress }[] = [];
  readonly events: PlainEvent[] = [];
  dropped = 0;
  /** The pairing secret that let the peer in. */
  usedSecret: Uint8Array | undefined;

  /** `guests`: it is a host for them. */
  constructor(identity: PlainIdentity, random: (length: number) => Uint8Array, guests?: Guests) {
    this.identity = identity;
    this.#random = random;
    this.#host = guests === undefined ? undefined : new HostHandshake(identity, guests);
  }

  /** Host: asks for cookies from now on. */
  askForCookies(): void {
    if (this.#host !== undefined) this.#host.cookieSecret = this.#random(32);
  }

  connect(target: PlainTarget, to: PlainAddress, now: number): void {
    const id = newId(this.#random);
    const handshake = new ClientHandshake(this.identity, target, id, this.#random(32));
    this.#attempt = { handshake, to, retryAt: now };
    this.tick(now);
  }

  /** What is to be sent. */
  take(): { bytes: Uint8Array; to: PlainAddress }[] {
    const connection = this.#confirmed ? (this.connection?.outbox.splice(0) ?? []) : [];
    return [...this.#outbox.splice(0), ...connection];
  }

  next(): number {
    return Math.min(
      this.#attempt?.retryAt ?? Infinity,
      this.#confirmed ? (this.connection?.next() ?? Infinity) : Infinity,
    );
  }

  tick(now: number): void {
    if (this.#confirmed) this.connection?.tick(now);
    this.#collect();
    if (this.#attempt === undefined || this.#attempt.retryAt > now) return;
    this.#outbox.push({ bytes: this.#attempt.handshake.packet, to: this.#attempt.to });
    this.#attempt.retryAt = now + RETRY_MICROS;
  }

  receive(datagram: Uint8Array, from: PlainAddress, now: number): void {
    try {
      this.#take(datagram, from, now);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.dropped++;
    }
    this.#collect();
  }

  #take(datagram: Uint8Array, from: PlainAddress, now: number): void {
    const attempt = this.#attempt;
    if (datagram[0] === 5) this.#takePacket(datagram, now);
    else if (datagram[0] === 1 && this.#host !== undefined) {
      const localId = (): number => newId(this.#random);
      const random = { localId, ephemeralPrivate: () => this.#random(32) };
      this.#outbox.push({ bytes: this.#host.takeInitiation(datagram, from, random), to: from });
    } else if (datagram[0] === 2 && attempt !== undefined && this.#agreed === undefined) {
      this.#start(attempt.handshake.takeResponse(datagram), true, from, now);
      attempt.retryAt = now;
      this.tick(now);
    } else if (datagram[0] === 3 && this.#host !== undefined) this.#takeFinish(datagram, from, now);
    else if (datagram[0] === 4 && attempt !== undefined && this.#agreed === undefined) {
      attempt.handshake.takeCookieReply(datagram);
      attempt.retryAt = now;
      this.tick(now);
    }
  }

  #takeFinish(datagram: Uint8Array, from: PlainAddress, now: number): void {
    const { connection } = this;
    if (connection !== undefined && this.#agreed !== undefined) {
      if (connection.transport.received === 0) connection.ping(now);
      return;
    }
    const agreed = this.#host!.takeFinish(datagram);
    this.usedSecret = agreed.secret;
    this.#start(agreed, false, from, now);
    this.#confirm(now);
    this.connection!.tick(now);
  }

  #takePacket(datagram: Uint8Array, now: number): void {
    const { connection } = this;
    if (connection === undefined || readHeader(datagram).connectionId !== this.#agreed?.localId)
      throw new Refused("no such connection");
    if (!connection.receive(datagram, now)) throw new Refused("it was dropped");
    if (!this.#confirmed) this.#confirm(now);
    connection.tick(now);
  }

  #start(agreed: Agreed, isClient: boolean, remote: PlainAddress, now: number): void {
    this.#agreed = agreed;
    const random = this.#random;
    this.connection = new PlainConnection({ ...agreed, isClient, remote, random, now });
  }

  #confirm(now: number): void {
    this.#confirmed = true;
    this.#attempt = undefined;
    this.events.push({ type: "connected", at: now });
  }

  #collect(): void {
    if (this.connection !== undefined) this.events.push(...this.connection.events.splice(0));
  }
}

import {
  CloseCode,
  HELLO_SECONDS,
  type NumberedServerMessage,
  type Pong,
  SIGNALING_PROTOCOL,
  type SocketErrorCode,
  type Unnumbered,
  type Welcome,
} from "@wavry/signaling";
import type { Context } from "../context.ts";
import { networkOf } from "../limits/network.ts";
import type { Connection } from "./connection.ts";
import { losePeer } from "./end-peer.ts";
import { forProtocol } from "./for-protocol.ts";
import type { Peer } from "./peer.ts";
import { receiveParcel } from "./receive-parcel.ts";
import { Router } from "./router.ts";

/** A peer has its beat as often. */
export const BEAT_SECONDS = 20;
/** A peer's note on the bus outlives two beats. */
const PRESENCE_MS = 60_000;
/** Connections without a device yet, altogether and of one network. */
const MAX_UNKNOWN = 2_000;
const MAX_UNKNOWN_OF_NETWORK = 64;
/** Peers of one account or share link on this replica. */
const MAX_PEERS_OF_OWNER = 256;

/** All devices that are connected to this replica. */
export class Hub implements AsyncDisposable {
  readonly context: Context;
  /** By their names on the bus. */
  readonly peers: Map<string, Peer> = new Map();
  readonly unknown: Set<Connection> = new Set();
  #router: Router | undefined;
  readonly #owners = new Map<string, number>();
  #slots = 0;
  #draining = false;

  private constructor(context: Context) {
    this.context = context;
  }

  /** Begins to hear the other replicas. */
  static async open(context: Context): Promise<Hub> {
    const hub = new Hub(context);
    hub.#router = await Router.open(context, (key, parcel) => receiveParcel(hub, key, parcel));
    return hub;
  }

  get router(): Router {
    return this.#router!;
  }

  /** True from the moment on that devices are sent elsewhere. */
  get draining(): boolean {
    return this.#draining;
  }

  /** False where a network, or all together, have too many connections that did not say who they are. */
  hasRoomFor(address: string): boolean {
    if (this.#draining || this.unknown.size >= MAX_UNKNOWN) return false;
    const network = networkOf(address);
    let ofNetwork = 0;
    for (const connection of this.unknown) if (connection.network === network) ofNetwork++;
    return ofNetwork < MAX_UNKNOWN_OF_NETWORK;
  }

  /** A connection begins. */
  accept(connection: Connection): void {
    this.unknown.add(connection);
    connection.send(
      JSON.stringify({ type: "challenge", protocol: SIGNALING_PROTOCOL, nonce: connection.nonce }),
    );
  }

  /** Puts a peer in the place of its like; false where its owner has too many. */
  add(peer: Peer): boolean {
    const before = this.peers.get(peer.key);
    const count = this.#owners.get(peer.owner) ?? 0;
    if (before === undefined && count >= MAX_PEERS_OF_OWNER) return false;
    if (before !== undefined) this.forget(before, CloseCode.replaced, "replaced");
    peer.slot = this.#slots++ % BEAT_SECONDS;
    this.#owners.set(peer.owner, (this.#owners.get(peer.owner) ?? 0) + 1);
    this.peers.set(peer.key, peer);
    return true;
  }

  /** Notes where a peer is, gives it its connection, and says welcome: whoever hears of that finds the peer. */
  async attach(
    peer: Peer,
    connection: Connection,
    welcome: Omit<Welcome, "type" | "connection">,
  ): Promise<void> {
    this.unknown.delete(connection);
    peer.connection?.close(CloseCode.replaced, "replaced");
    peer.connection = undefined;
    peer.connectionId = connection.id;
    peer.silentBeats = 0;
    await this.note(peer);
    // Something ended it, or another connection took its place.
    if (this.peers.get(peer.key) !== peer || peer.connectionId !== connection.id)
      return connection.close(CloseCode.replaced, "replaced");
    if (connection.closed) return;
    peer.connection = connection;
    connection.peer = peer;
    const message: Welcome = { type: "welcome", connection: connection.id, ...welcome };
    connection.send(JSON.stringify(message));
    for (const text of peer.outbox.waiting()) connection.send(text);
  }

  /** Sends to a peer, or keeps it for when the peer is back. A peer that takes nothing is given up. */
  send(peer: Peer, message: Unnumbered<NumberedServerMessage>): void {
    const told = forProtocol(peer.identity.protocol, message);
    if (told === undefined) return;
    const text = peer.outbox.push(told);
    if (text !== undefined) peer.connection?.send(text);
    else
      losePeer(this, peer, CloseCode.tooSlow).catch((error: unknown) =>
        this.context.log.error({ err: error }, "a lost device could not be noted"),
      );
  }

  /** Tells a peer that something cannot be done. */
  sendError(
    peer: Peer,
    code: SocketErrorCode,
    message: string,
    about: { request?: string; session?: string; retryAfterSeconds?: number } = {},
  ): void {
    this.send(peer, { type: "error", code, message, ...about });
  }

  /** Answers a ping. */
  pong(peer: Peer): void {
    const pong: Pong = { type: "pong", received: peer.received };
    peer.connection?.send(JSON.stringify(pong));
  }

  /** Forgets a peer, as far as it still counts; its connection is closed. True if it was known. */
  forget(peer: Peer, code: number, reason: string): boolean {
    const known = this.peers.get(peer.key) === peer;
    if (known) {
      this.peers.delete(peer.key);
      const left = (this.#owners.get(peer.owner) ?? 1) - 1;
      if (left > 0) this.#owners.set(peer.owner, left);
      else this.#owners.delete(peer.owner);
      void this.context.bus.clearPresence(peer.key, peer.connectionId).catch(() => {});
    }
    peer.connection?.close(code, reason);
    peer.connection = undefined;
    return known;
  }

  /** Notes on the bus where a peer is. Without the bus the next beat tries again. */
  async note(peer: Peer): Promise<void> {
    const { replica, bus } = this.context;
    const place = { replica, connectionId: peer.connectionId };
    await bus.setPresence(peer.key, place, PRESENCE_MS).catch(() => {});
  }

  /** Closes what did not say who it is in time; once a second. */
  sweepUnknown(): void {
    for (const connection of this.unknown)
      if (++connection.unknownSeconds > HELLO_SECONDS) {
        this.unknown.delete(connection);
        connection.close(CloseCode.timeout, "hello-timeout");
      }
  }

  /** Takes nobody in any more. */
  drain(): void {
    this.#draining = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#draining = true;
    for (const peer of [...this.peers.values()]) this.forget(peer, CloseCode.restart, "restart");
    await this.router[Symbol.asyncDispose]();
  }
}

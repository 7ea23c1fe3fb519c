import { type CryptoSuite, decodeWavryId, type Identity } from "@wavry/rift-crypto";
import type { Carrier, CarrierPort } from "@wavry/rift-udp";
import {
  encodeBase64url,
  openWebBody,
  prepareWebBodies,
  signWebBody,
  WebBodyError,
  type WebMessage,
} from "@wavry/signaling";
import {
  type EntranceOptions,
  TransportEntrance,
  type TransportMaker,
  type TransportSession,
} from "./transport-entrance.ts";
import type { VideoTrack } from "./video-track.ts";
import { TransportClose, WebGuest } from "./web-guest.ts";
import {
  newWebCounters,
  type OpenWebOptions,
  type WebCounters,
  type WebPlace,
  type WebRequest,
  type WebSignal,
} from "./web-options.ts";
import type { PeerMaker, WebPeer, WebPeerInit } from "./web-peer.ts";

/** WebRTC peers at once: each has sockets and buffers of its own. */
const MAX_PEERS = 32;
/** What is said while the door opens is kept. */
const MAX_WAITING = 64;
const TOKEN_BYTES = 16;
/** The native side of a peer lets go within this time, or is left to it. */
const CLOSE_WAIT_MS = 1_000;

/** What a door needs of its host. */
export interface WebDoorServices {
  readonly identity: Identity;
  readonly suite: CryptoSuite;
  /** Bounds of the video's rate on a track. */
  readonly rate: WebPeerInit["rate"];
  addCarrier(carrier: Carrier): CarrierPort;
  /** The Wavry ID that the grant of a session names; undefined: there is no such session (any more). */
  guestOf(session: string): string | undefined;
  /** A granted guest has asked for the way in, and is about to be here. */
  guestComing(): void;
  /** Passes this on by the gateway. */
  say(signal: WebSignal): void;
  /** The video track of a device opened or ended. */
  trackChanged(wavryId: string): void;
  /** One of the ways does not work here; for people. */
  failed(message: string): void;
  /** Where transports come from, for tests; default: the packages. */
  readonly transport?: TransportMaker | undefined;
  readonly loadPeers?: (() => Promise<PeerMaker>) | undefined;
  /** Milliseconds since 1970; default: the system's clock. */
  readonly now?: (() => number) | undefined;
}

/**
 * Where browsers come in. They ask by the gateway, in messages that both sides sign with the keys of their Wavry IDs, and are told
 * where the host's WebTransport server is and how its WebRTC peer is known. What they open is a carrier of RIFT datagrams and
 * nothing more: who comes that way, and what they may, the handshake and the grant say.
 */
export class WebDoor implements AsyncDisposable {
  readonly counters: WebCounters = newWebCounters();
  readonly #services: WebDoorServices;
  readonly #origins = new Set<string>();
  readonly #guests = new Map<string, WebGuest>();
  readonly #stack = new AsyncDisposableStack();
  #opening: Promise<WebPlace> | undefined;
  #isReady = false;
  #waiting: WebRequest[] = [];
  #entrance: TransportEntrance | undefined;
  #makePeer: PeerMaker | undefined;
  #closing: Promise<void> | undefined;

  constructor(services: WebDoorServices) {
    this.#services = services;
  }

  /** Opens the door to pages of these origins, or to further ones. Never rejects: a way that does not work is not offered. */
  open(options: OpenWebOptions): Promise<WebPlace> {
    for (const origin of options.allowOrigins) this.#origins.add(origin);
    this.#opening ??= this.#open(options);
    return this.#opening;
  }

  /** Takes what came by the gateway. */
  take(request: WebRequest): void {
    if (this.#closing !== undefined || this.#opening === undefined) return;
    if (this.#isReady) this.#take(request);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(request);
    else this.counters.refused++;
  }

  /** The track that this device watches; undefined: none is open. */
  trackOf(wavryId: string): VideoTrack | undefined {
    let found: VideoTrack | undefined;
    for (const { wavryId: id, peer } of this.#guests.values())
      if (id === wavryId && peer?.isTrackOpen === true) found = peer;
    return found;
  }

  /** Closes what belongs to sessions that are granted no more. */
  sweep(): void {
    for (const [session, guest] of this.#guests)
      if (this.#services.guestOf(session) !== guest.wavryId) this.#end(session);
  }

  /** Closes everything. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #open(options: OpenWebOptions): Promise<WebPlace> {
    const { webrtc = process.env.WAVRY_ENABLE_WEBRTC !== "0" } = options;
    await Promise.all([this.#openTransport(options), webrtc && this.#loadPeers()]);
    // The first guest's offer is about to be read.
    prepareWebBodies();
    this.#isReady = true;
    for (const request of this.#waiting.splice(0)) this.take(request);
    return { port: this.#entrance?.port, webrtc: this.#makePeer !== undefined };
  }

  async #openTransport({ port, address }: OpenWebOptions): Promise<void> {
    const { transport, now = Date.now } = this.#services;
    const options: Omit<EntranceOptions, "maker"> = {
      ...{ address, port, now },
      allowOrigin: (origin) => this.#origins.has(origin),
      onSession: (session, token) => this.#welcome(session, token),
      onRenewed: () => {
        for (const guest of this.#guests.values()) guest.renew();
      },
    };
    try {
      const maker = transport ?? (await import("./load-transport.ts")).transportMaker;
      const entrance = await TransportEntrance.open({ ...options, maker });
      if (this.#closing !== undefined) return await entrance[Symbol.asyncDispose]();
      this.#entrance = this.#stack.use(entrance);
    } catch (error) {
      this.#services.failed(`browsers cannot come by WebTransport: ${(error as Error).message}`);
    }
  }

  async #loadPeers(): Promise<void> {
    const { loadPeers } = this.#services;
    try {
      this.#makePeer = await (loadPeers ?? (await import("./load-peers.ts")).loadPeers)();
    } catch (error) {
      this.#services.failed(`browsers cannot come by WebRTC: ${(error as Error).message}`);
    }
  }

  #take(request: WebRequest): void {
    const { session } = request;
    const wavryId = this.#services.guestOf(session);
    if (wavryId === undefined) {
      this.counters.noGrant++;
      return;
    }
    try {
      const message = this.#read(request, wavryId);
      this.#heed(this.#guestFor(session, wavryId), message, request);
    } catch (error) {
      if (error instanceof WebBodyError && error.code === "wrong-identity")
        this.counters.wrongIdentity++;
      // A description or candidate that WebRTC does not take is the browser's mistake as well.
      else if (error instanceof WebBodyError || (error as Error).name === "WebRtcError")
        this.counters.malformed++;
      else throw error;
    }
  }

  #heed(guest: WebGuest, message: WebMessage, { iceServers = [] }: WebRequest): void {
    if (message.kind === "offer") guest.offer(message.value, iceServers);
    else if (message.kind === "candidate") guest.candidate(message.value);
    else this.counters.malformed++;
  }

  /** Throws WebBodyError. */
  #read({ session, kind, body }: WebRequest, wavryId: string): WebMessage {
    const { suite, identity } = this.#services;
    const key = decodeWavryId(wavryId);
    const parties = { session, sender: wavryId, receiver: identity.wavryId };
    return openWebBody(
      { kind, body },
      parties,
      (bytes, signature) => key !== undefined && suite.ed25519Verify(key, bytes, signature),
    );
  }

  #guestFor(session: string, wavryId: string): WebGuest {
    const known = this.#guests.get(session);
    if (known !== undefined) return known;
    const token = encodeBase64url(this.#services.suite.randomBytes(TOKEN_BYTES));
    const guest = new WebGuest(
      { session, wavryId, token },
      {
        counters: this.counters,
        rate: this.#services.rate,
        addCarrier: (carrier) => this.#services.addCarrier(carrier),
        placeFor: (token) => this.#entrance?.placeFor(token),
        peerMaker: () => (this.#peers().length < MAX_PEERS ? this.#makePeer : undefined),
        coming: () => this.#services.guestComing(),
        say: (guest, message) => this.#say(guest, message),
        trackChanged: ({ wavryId }) => this.#services.trackChanged(wavryId),
      },
    );
    this.#guests.set(session, guest);
    return guest;
  }

  #say({ session, wavryId }: WebGuest, message: WebMessage): void {
    if (!this.#guests.has(session)) return;
    const { suite, identity } = this.#services;
    const parties = { session, sender: identity.wavryId, receiver: wavryId };
    const body = signWebBody(message, parties, (bytes) =>
      suite.ed25519Sign(identity.identitySeed, bytes),
    );
    this.#services.say({ session, kind: message.kind, body });
  }

  #welcome(session: TransportSession, token: string | undefined): void {
    for (const guest of this.#guests.values())
      if (guest.token === token) return guest.welcome(session);
    this.counters.badToken++;
    session.close(TransportClose.noToken, "this machine does not expect you");
  }

  #peers(): WebPeer[] {
    return [...this.#guests.values()].flatMap(({ peer }) => peer ?? []);
  }

  #end(session: string): void {
    const guest = this.#guests.get(session);
    this.#guests.delete(session);
    guest?.[Symbol.dispose]();
  }

  async #close(): Promise<void> {
    const peers = this.#peers();
    for (const session of [...this.#guests.keys()]) this.#end(session);
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const limit = setTimeout(resolve, CLOSE_WAIT_MS);
    await Promise.race([Promise.all(peers.map(({ closed }) => closed)), late]);
    clearTimeout(limit);
    await this.#opening;
    await this.#stack.disposeAsync();
  }
}

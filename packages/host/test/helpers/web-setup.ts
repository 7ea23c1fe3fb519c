import { createIdentity, type Identity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { monotonicMicros, type RiftConnection, RiftEndpoint } from "@wavry/rift-udp";
import type { WebCertificate } from "@wavry/web-transport";
import type { WebRtcPeerOptions } from "@wavry/webrtc";
import { Guests } from "../../src/guests.ts";
import type {
  TransportMaker,
  TransportServer,
  TransportSession,
} from "../../src/web/transport-entrance.ts";
import { WebDoor } from "../../src/web/web-door.ts";
import type { PeerEnd } from "../../src/web/web-peer.ts";
import { Browser } from "./browser.ts";

type ServerOptions = Parameters<TransportMaker["listen"]>[0];

/** A peer that writes down what it is told. */
export class FakePeer implements PeerEnd {
  onState: PeerEnd["onState"];
  onKeyframeRequested: (() => void) | undefined;
  onBitrateEstimate: ((bps: number) => void) | undefined;
  onDatagramsOpen: (() => void) | undefined;
  onDatagram: ((datagram: Uint8Array) => void) | undefined;
  isVideoOpen = false;
  bitrateBps = 3_000_000;
  remote: string | undefined;
  isClosed = false;
  readonly options: WebRtcPeerOptions;
  readonly candidates: string[] = [];
  readonly pictures: Uint8Array[] = [];
  readonly datagrams: Uint8Array[] = [];
  readonly closed: Promise<void>;
  readonly #gone = Promise.withResolvers<void>();

  constructor(options: WebRtcPeerOptions) {
    this.options = options;
    this.closed = this.#gone.promise;
    setImmediate(() => {
      if (this.isClosed) return;
      options.onDescription("v=0 host");
      options.onCandidate("candidate:1", "0");
    });
  }

  setRemote(sdp: string): void {
    if (!sdp.startsWith("v=0"))
      throw Object.assign(new Error("no"), { name: "WebRtcError", code: "malformed" });
    this.remote = sdp;
  }

  addCandidate(candidate: string): void {
    this.candidates.push(candidate);
  }

  sendVideo(picture: Uint8Array): boolean {
    this.pictures.push(picture.slice());
    return true;
  }

  sendDatagram(datagram: Uint8Array): boolean {
    this.datagrams.push(datagram.slice());
    return true;
  }

  /** The video track opens. */
  openVideo(): void {
    this.isVideoOpen = true;
    this.onKeyframeRequested?.();
  }

  close(): void {
    this.isClosed = true;
    this.#gone.resolve();
  }
}

/** One end of a WebTransport session that there is no network for. */
export class FakeTransport implements TransportSession {
  readonly path: string;
  onDatagram: ((bytes: Uint8Array) => void) | undefined;
  readonly closed: TransportSession["closed"];
  closedWith: number | undefined;
  /** Its congestion window. */
  isFull = false;
  /** What went out over it. */
  sent = 0;
  /** What had to wait. */
  queued = 0;
  readonly #toBrowser: (datagram: Uint8Array) => void;
  readonly #gone = Promise.withResolvers<Awaited<TransportSession["closed"]>>();

  constructor(path: string, toBrowser: (datagram: Uint8Array) => void) {
    this.path = path;
    this.closed = this.#gone.promise;
    this.#toBrowser = toBrowser;
  }

  sendDatagram(bytes: Uint8Array): boolean {
    if (this.closedWith !== undefined) return false;
    if (this.isFull) {
      this.queued++;
      return true;
    }
    this.sent++;
    const copy = bytes.slice();
    setImmediate(() => this.#toBrowser(copy));
    return true;
  }

  sendDatagramNow(bytes: Uint8Array): boolean {
    return !this.isFull && this.sendDatagram(bytes);
  }

  /** The browser sends. */
  deliver(datagram: Uint8Array): void {
    if (this.closedWith === undefined) setImmediate(() => this.onDatagram?.(datagram));
  }

  close(code = 0, reason = ""): void {
    if (this.closedWith !== undefined) return;
    this.closedWith = code;
    this.#gone.resolve({ code, reason, by: "local" });
  }
}

/** A host's web door between a real endpoint and pipes that a test holds. */
export class WebSetup implements AsyncDisposable {
  readonly identity: Identity = createIdentity(suite);
  readonly guests: Guests = new Guests();
  readonly peers: FakePeer[] = [];
  readonly servers: ServerOptions[] = [];
  readonly rotated: WebCertificate[] = [];
  readonly connections: RiftConnection[] = [];
  readonly tracks: string[] = [];
  /** Guests that asked for the way in. */
  coming = 0;
  readonly failures: string[] = [];
  readonly said: string[] = [];
  readonly browsers: Browser[] = [];
  readonly takenPorts: Set<number> = new Set();
  /** Milliseconds since 1970. */
  time = 1_800_000_000_000;
  serversClosed = 0;
  endpoint!: RiftEndpoint;
  door!: WebDoor;
  #certificates = 0;

  static async start(): Promise<WebSetup> {
    const setup = new WebSetup();
    setup.endpoint = await RiftEndpoint.bind({
      ...{ identity: setup.identity, suite, address: "127.0.0.1" },
      admission: {
        pairedStatics: () => setup.guests.statics(monotonicMicros()),
        pairingSecrets: () => [],
        onPaired: () => undefined,
      },
    });
    setup.endpoint.onConnection = (connection) => setup.connections.push(connection);
    setup.door = new WebDoor({
      ...{ identity: setup.identity, suite, now: () => setup.time },
      rate: { startBps: 1_000_000, minBps: 100_000, maxBps: 10_000_000 },
      addCarrier: (carrier) => setup.endpoint.addCarrier(carrier),
      guestOf: (session) => setup.guests.guestOf(session, monotonicMicros()),
      say: (signal) => {
        setup.said.push(signal.kind);
        for (const browser of setup.browsers) browser.hear(signal);
      },
      guestComing: () => {
        setup.coming++;
      },
      trackChanged: (wavryId) => setup.tracks.push(wavryId),
      failed: (message) => setup.failures.push(message),
      transport: {
        listen: (options) => setup.#listen(options),
        createCertificate: () => setup.#certificate(),
      },
      loadPeers: async () => (options) => {
        const peer = new FakePeer(options);
        setup.peers.push(peer);
        return peer;
      },
    });
    return setup;
  }

  /** A browser that a grant was given to. */
  browser(session: string, granted = true): Browser {
    const browser = new Browser(session.padEnd(22, "s"), this.identity.wavryId);
    this.browsers.push(browser);
    if (granted) this.guests.expect(browser.guest(), monotonicMicros());
    this.endpoint.refreshAdmission();
    return browser;
  }

  /** The browser opens a WebTransport session at this path. */
  openTransport(
    browser: Browser,
    path: string = browser.answer?.webtransport?.path ?? "",
  ): FakeTransport {
    const transport = new FakeTransport(path, (datagram) => browser.receive(datagram));
    this.servers[0]!.onSession(transport);
    browser.use((datagram) => transport.deliver(datagram));
    return transport;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const browser of this.browsers) await browser[Symbol.asyncDispose]();
    await this.endpoint.close();
    await this.door.close();
  }

  async #listen(options: ServerOptions): Promise<TransportServer> {
    const { port = 0, address = "::" } = options;
    if (this.takenPorts.has(port)) throw Object.assign(new Error("taken"), { code: "port-in-use" });
    this.servers.push(options);
    return {
      address: { address, port: port === 0 ? 50_000 : port },
      rotateCertificate: (certificate: WebCertificate) => void this.rotated.push(certificate),
      close: async () => void this.serversClosed++,
    };
  }

  #certificate(): WebCertificate {
    const number = ++this.#certificates;
    const notAfter = this.time + 13 * 86_400_000;
    return { certificatePem: "", keyPem: "", notAfter, sha256: new Uint8Array(32).fill(number) };
  }
}

import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { RelayTable, signLease } from "@wavry/relay";
import { createIdentity, type Identity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { monotonicMicros, type RiftConnection, RiftEndpoint } from "@wavry/rift-udp";
import {
  type OwnNetwork,
  type PathCandidate,
  PathFinder,
  type PathFinderInit,
  type PathNews,
  type PathSignal,
  type RelayPipe,
  type RelayPlace,
  type UsedPath,
} from "@wavry/rift-udp/paths";

const DEADLINE_MS = 60_000;

/** Waits until it holds; throws after a generous time. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`it never came to this: ${what}`);
    await sleep(5);
  }
}

/** A machine's addresses, which a test changes. */
export class TestNetwork implements OwnNetwork {
  own: string[] = ["127.0.0.1"];
  readonly #watches = new Set<() => void>();

  /** How many follow its changes. */
  get watches(): number {
    return this.#watches.size;
  }

  addresses(): string[] {
    return this.own;
  }

  watch(onChanged: () => void): Disposable {
    this.#watches.add(onChanged);
    return { [Symbol.dispose]: () => void this.#watches.delete(onChanged) };
  }

  change(): void {
    for (const onChanged of [...this.#watches]) onChanged();
  }
}

export const gateway: Identity = createIdentity(suite);

/** A relay on a socket of the loopback. */
export class TestRelay implements AsyncDisposable {
  readonly place: RelayPlace;
  readonly #identity: Identity;
  readonly #socket: Socket;
  readonly #table: RelayTable;
  readonly #timer: NodeJS.Timeout;
  /** Says and hears nothing, as one that was killed. */
  isDead = false;
  /** Loses what comes from this UDP port. */
  deafTo: number | undefined;
  #open = true;

  /** Of this test's gateway, unless it says otherwise. */
  static async open(
    identity: Identity = createIdentity(suite),
    gatewayKey: Uint8Array = gateway.identityKey,
  ): Promise<TestRelay> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new TestRelay(socket, identity, gatewayKey);
  }

  private constructor(socket: Socket, identity: Identity, gatewayKey: Uint8Array) {
    this.#socket = socket;
    this.#identity = identity;
    const { port } = socket.address();
    this.place = {
      id: identity.wavryId,
      staticKey: identity.staticKey.toBase64({ alphabet: "base64url", omitPadding: true }),
      addresses: [{ address: "127.0.0.1", port }],
      tls: "wss://relay.test/relay",
    };
    const { identityKey, staticKey, staticPrivate } = identity;
    this.#table = new RelayTable({
      suite,
      gatewayKey,
      identity: { identityKey, staticKey, staticPrivate },
      now: monotonicMicros(),
      unixSeconds: Math.floor(Date.now() / 1000),
      send: (bytes, length, to) => {
        if (this.#open && !this.isDead) socket.send(bytes.slice(0, length), to.port, to.address);
      },
    });
    socket.on("message", (datagram: Uint8Array, from: RemoteInfo) => {
      if (this.#open && !this.isDead && from.port !== this.deafTo)
        this.#table.receive(datagram, from, monotonicMicros());
    });
    this.#timer = setInterval(() => {
      this.#table.setClock(Math.floor(Date.now() / 1000), monotonicMicros());
      this.#table.handleTimeout(monotonicMicros());
    }, 100);
  }

  get sessions(): number {
    return this.#table.load.sessions;
  }

  get counters(): RelayTable["counters"] {
    return this.#table.counters;
  }

  drain(seconds: number): void {
    this.#table.drain(seconds);
  }

  /** A lease for both, base64url. */
  lease(client: Identity, host: Identity, sessionId: Uint8Array, seconds = 300): string {
    const issuedAt = Math.floor(Date.now() / 1000);
    const lease = {
      ...{ rateKbps: 20_000, issuedAt, expiresAt: issuedAt + seconds, sessionId },
      relayKey: this.#identity.identityKey,
      leaseId: suite.randomBytes(16),
      clientKey: client.identityKey,
      hostKey: host.identityKey,
    };
    const signed = signLease(lease, (text) => suite.ed25519Sign(gateway.identitySeed, text));
    return signed.toBase64({ alphabet: "base64url", omitPadding: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    clearInterval(this.#timer);
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}

/** Forwards datagrams between one client and the host, as a NAT would, until it is stopped. */
export class Middlebox implements AsyncDisposable {
  isStopped = false;
  readonly #outer: Socket;
  readonly #inner: Socket;
  #client: { address: string; port: number } | undefined;

  /** `host`: a port of the loopback. */
  static async open(host: number): Promise<Middlebox> {
    const sockets = [createSocket("udp4"), createSocket("udp4")] as const;
    for (const socket of sockets) {
      socket.bind(0, "127.0.0.1");
      await once(socket, "listening");
    }
    return new Middlebox(sockets[0], sockets[1], host);
  }

  private constructor(outer: Socket, inner: Socket, host: number) {
    this.#outer = outer;
    this.#inner = inner;
    outer.on("message", (datagram, from) => {
      this.#client = { address: from.address, port: from.port };
      if (!this.isStopped) inner.send(datagram, host, "127.0.0.1");
    });
    inner.on("message", (datagram) => {
      const to = this.#client;
      if (!this.isStopped && to !== undefined) outer.send(datagram, to.port, to.address);
    });
  }

  /** Where the host seems to be. */
  get candidate(): PathCandidate {
    return { kind: "local", address: "127.0.0.1", port: this.#outer.address().port };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#outer.close(() => resolve()));
    await new Promise<void>((resolve) => this.#inner.close(() => resolve()));
  }
}

/** One side: its endpoint, its search and what came of it. */
export class Side implements AsyncDisposable {
  readonly identity: Identity;
  readonly endpoint: RiftEndpoint;
  readonly said: PathSignal[] = [];
  readonly used: (UsedPath | undefined)[] = [];
  finder!: PathFinder;
  connection: RiftConnection | undefined;

  constructor(identity: Identity, endpoint: RiftEndpoint) {
    this.identity = identity;
    this.endpoint = endpoint;
  }

  get way(): string | undefined {
    return this.finder.used?.way;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endpoint[Symbol.asyncDispose]();
    await this.finder[Symbol.asyncDispose]();
  }
}

/** What a scene begins with. */
export interface SceneOptions {
  readonly relays?: readonly TestRelay[];
  /** Whether candidates reach the other side; a list: what the client is told instead. */
  readonly candidates?: boolean | readonly PathCandidate[];
  readonly leaseSeconds?: number;
  /** Relays that are avoided are given all the same where there is no other. */
  readonly forgivesAvoided?: boolean;
  readonly client?: Partial<PathFinderInit>;
  readonly host?: Partial<PathFinderInit>;
  readonly terms?: Partial<PathFinderInit["terms"]>;
}

/** A client, a host and a gateway that passes on what they say and picks relays. */
export class Scene implements AsyncDisposable {
  readonly client: Side;
  readonly host: Side;
  readonly leases: string[] = [];
  readonly #options: SceneOptions;
  readonly #relayId: Uint8Array = suite.randomBytes(16);
  /** Candidates that were held back. */
  readonly #held: [Side, PathNews][] = [];
  #isPassing: boolean;
  #exchanges = 0;
  /** The gateway answers requests for relays. */
  grantsRelays = true;
  #open = true;

  static async open(options: SceneOptions = {}): Promise<Scene> {
    const [client, host] = [createIdentity(suite), createIdentity(suite)];
    const bind = (identity: Identity, admitted: readonly Identity[]) =>
      RiftEndpoint.bind({
        ...{ identity, suite, address: "127.0.0.1" },
        admission: {
          pairedStatics: () => admitted,
          pairingSecrets: () => [],
          onPaired: () => undefined,
        },
      });
    return new Scene(
      options,
      new Side(client, await bind(client, [])),
      new Side(host, await bind(host, [client])),
    );
  }

  private constructor(options: SceneOptions, client: Side, host: Side) {
    this.#options = options;
    this.client = client;
    this.host = host;
    this.#isPassing = options.candidates === true || options.candidates === undefined;
    host.endpoint.onConnection = (connection) => {
      host.connection = connection;
      host.finder.attach(connection);
    };
    const sessionId = "s".repeat(22);
    for (const [side, other, role] of [
      [host, client, "host"],
      [client, host, "client"],
    ] as const) {
      const told = role === "client" && Array.isArray(options.candidates) ? options.candidates : [];
      const relays = (options.relays ?? []).map(({ place }) => place);
      side.finder = new PathFinder({
        ...{ endpoint: side.endpoint, suite, identity: side.identity, role },
        peerStatic: other.identity.staticKey,
        terms: { sessionId, candidates: told, relays, ...options.terms },
        // As a gateway's answers: never in the same turn.
        say: (signal) => void setImmediate(() => this.#hear(side, other, signal)),
        onUsed: (path) => side.used.push(path),
        ...options[role],
      });
    }
  }

  /** The client's handshake over whatever is found. */
  async connect(addresses: readonly { address: string; port: number }[] = []): Promise<void> {
    const { identity } = this.host;
    const { wavryId, staticKey } = identity;
    const connection = await this.client.endpoint.connect({
      ...{ addresses, remote: { wavryId, staticKey }, timeoutMicros: 60_000_000 },
      moreAddresses: this.client.finder.moreAddresses,
    });
    this.client.connection = connection;
    this.client.finder.attach(connection);
  }

  /** Lets candidates through from now on, those that were held back among them. */
  passCandidates(): void {
    this.#isPassing = true;
    for (const [side, news] of this.#held.splice(0)) side.finder.take(news);
  }

  /** Both ways carry something now. */
  async exchange(): Promise<void> {
    const { client, host } = this;
    let got = 0;
    const sequence = ++this.#exchanges;
    host.connection!.onInput = ([first]) => {
      if (first === 7) got |= 1;
    };
    client.connection!.onInputAcknowledged = () => {
      got |= 2;
    };
    await until(() => {
      client.connection!.sendInput(Uint8Array.of(7));
      if ((got & 1) !== 0) host.connection!.acknowledgeInput(sequence);
      return got === 3;
    }, "both ways carry");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = false;
    await this.client[Symbol.asyncDispose]();
    await this.host[Symbol.asyncDispose]();
  }

  #hear(side: Side, other: Side, signal: PathSignal): void {
    side.said.push(signal);
    if (!this.#open) return;
    if (signal.type === "candidates") {
      const news: PathNews = { type: "candidates", candidates: signal.candidates };
      if (this.#isPassing) other.finder.take(news);
      else this.#held.push([other, news]);
    }
    if (signal.type === "relay-request") this.#pick(side, signal);
  }

  /** The first relay that is not avoided; a new lease for the last one where a renewal is asked for. */
  #pick(side: Side, request: PathSignal & { type: "relay-request" }): void {
    const { renew, avoid = [] } = request;
    if (side === this.host && renew === undefined && avoid.length === 0) return;
    const { relays = [], leaseSeconds, forgivesAvoided } = this.#options;
    const other = relays.find(({ place }) => !avoid.includes(place.id));
    const relay = other ?? (forgivesAvoided === true ? relays[0] : undefined);
    if (relay === undefined || !this.grantsRelays) {
      side.finder.take({ type: "relay-refused", code: "no-relay" });
      return;
    }
    const { client, host } = this;
    const lease = relay.lease(client.identity, host.identity, this.#relayId, leaseSeconds);
    this.leases.push(lease);
    for (const one of [client, host]) one.finder.take({ type: "relay", relay: relay.place, lease });
  }
}

/** A pipe to a test's relay, as TLS would carry it; each has an address of its own there. */
export async function openTestPipe(relay: TestRelay): Promise<RelayPipe> {
  const socket = createSocket("udp4");
  socket.connect(relay.place.addresses[0]!.port, "127.0.0.1");
  await once(socket, "connect");
  const { promise, resolve } = Promise.withResolvers<void>();
  let open = true;
  const pipe: RelayPipe = {
    send(bytes, length) {
      if (open) socket.send(bytes.slice(0, length));
    },
    onDatagram: undefined,
    dropped: 0,
    closed: promise,
    close() {
      if (!open) return;
      open = false;
      socket.close();
      resolve();
    },
  };
  socket.on("message", (datagram) => pipe.onDatagram?.(datagram));
  socket.on("error", () => {});
  return pipe;
}

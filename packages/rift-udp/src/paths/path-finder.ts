import {
  isDirect,
  PathAgent,
  type PathCounters,
  type PathEvent,
  type PathStatus,
  pathKey,
  readPathId,
} from "@wavry/path";
import type { Micros } from "@wavry/rift-core";
import type { CryptoSuite, Identity } from "@wavry/rift-crypto";
import type { Address } from "@wavry/rift-session";
import type { RiftConnection } from "@wavry/rift-session/driver";
import type { StunEvent } from "@wavry/stun";
import { isCarrierAddress } from "../carriers.ts";
import { monotonicMicros } from "../clock.ts";
import type { RiftEndpoint } from "../rift-endpoint.ts";
import type { SidePort, SideProtocol } from "../side-protocols.ts";
import { canonicalAddress, canReach, resolvePlace, sameAddress } from "./addresses.ts";
import { Gatherer, type GathererInit } from "./gatherer.ts";
import { systemNetwork } from "./interfaces.ts";
import type { PathReport } from "./path-report.ts";
import { RelayDesk } from "./relay-desk.ts";
import type { RelayPath } from "./relay-path.ts";
import type { OpenPipe } from "./relay-tls-probes.ts";
import type { PathCandidate, PathNews, PathOptions, PathSignal, PathTerms } from "./signals.ts";
import { Timers } from "./timers.ts";
import { type UsedPath, usedPath } from "./used-path.ts";
import { WatchedSession } from "./watched-session.ts";

/** A client without a direct path by then asks for a relay. */
const RELAY_AFTER_MS = 200;
/** After so long on a direct path the relay is let go. */
const LET_GO_MS = 60_000;
/** Candidates of the other side in one message; names among them. */
const MAX_AT_ONCE = 16;
const MAX_NAMES = 4;
/** Attempts to connect that are told of new addresses. */
const MAX_ATTEMPTS = 4;

/** What a search is made of. */
export interface PathFinderInit extends PathOptions {
  /** The one socket of it all; borrowed. */
  readonly endpoint: RiftEndpoint;
  readonly suite: CryptoSuite;
  readonly identity: Pick<Identity, "identityKey" | "identitySeed" | "staticPrivate">;
  readonly role: "client" | "host";
  /** The other side's X25519 key, 32 bytes, checked. */
  readonly peerStatic: Uint8Array;
  readonly terms: PathTerms;
  /** Tells the gateway; called in any turn from `start` on. */
  readonly say: (signal: PathSignal) => void;
  /** The session goes another way; undefined: none is left. */
  readonly onUsed?: ((path: UsedPath | undefined) => void) | undefined;
  /** For tests: how relays are reached over TLS, how routers are asked for a port, and this machine's addresses. */
  readonly openPipe?: OpenPipe | undefined;
  readonly openMapping?: GathererInit["openMapping"];
  readonly network?: GathererInit["network"];
}

/**
 * Finds the paths of one session of a gateway and keeps it on the best one: own addresses, checks of the other side's, relays, and what to do
 * when the network changes. Dispose it after the session; without the gateway it goes on with what it has.
 */
export class PathFinder implements SideProtocol, AsyncDisposable {
  readonly #init: PathFinderInit;
  readonly #agent: PathAgent;
  /** None where addresses are hidden: only their changes are followed, by `#watch`. */
  readonly #gatherer: Gatherer | undefined;
  readonly #watch: Disposable | undefined;
  readonly #desk: RelayDesk;
  readonly #port: SidePort;
  readonly #timers = new Timers();
  readonly #session: WatchedSession;
  readonly #startedAt: Micros;
  readonly #attempts: ((address: Address) => void)[] = [];
  #cancel: (() => void) | undefined;
  #timerAt: Micros = Infinity;
  #isPumping = false;
  #isUdpHeard = false;
  #isLost = false;
  #used: UsedPath | undefined;
  #letGo: (() => void) | undefined;
  #refused = 0;
  #open = true;

  /** Begins at once. Throws HandshakeError "invalid-key" for a peer's key that is none, TypeError for a session id that is none. */
  constructor(init: PathFinderInit) {
    this.#init = init;
    const { endpoint, suite, identity, role, peerStatic, terms, say, relay = "auto" } = init;
    const now = monotonicMicros();
    this.#startedAt = now;
    const key = pathKey(suite, identity.staticPrivate, peerStatic, terms.sessionId);
    this.#agent = new PathAgent({ suite, role, key, now });
    suite.wipe(key);
    this.#session = new WatchedSession({
      heard: (from) => this.#heard(from),
      sent: () => this.#with((at) => this.#agent.sent(at)),
      loss: (ratio) => this.#noteLoss(ratio),
    });
    this.#desk = new RelayDesk({
      ...{ endpoint, suite, identity, role, say, openPipe: init.openPipe },
      relays: relay === "never" ? [] : (terms.relays ?? []),
      isWanted: () => !this.#isDirect,
      isUdpHeard: () => this.#isUdpHeard,
      onUdpHeard: () => this.#noteUdp(),
      onPath: (path) => this.#addRelay(path),
      onGone: (address) => this.#with((at) => this.#agent.remove(address, at)),
    });
    this.#port = endpoint.addSideProtocol(this);
    if (relay !== "only")
      this.#gatherer = new Gatherer({
        ...{ endpoint, suite, stun: terms.stun, mapPorts: init.mapPorts, loopback: init.loopback },
        ...{ openMapping: init.openMapping, network: init.network },
        onCandidates: (candidates) => say({ type: "candidates", candidates }),
        onStun: (event) => this.#stunHeard(event),
        onChanged: () => this.#moved(),
      });
    else this.#watch = (init.network ?? systemNetwork).watch(() => this.#moved());
    this.#addCandidates(terms.candidates);
    this.#gatherer?.start();
    this.#desk.start();
    if (role === "client") this.#timers.after(RELAY_AFTER_MS, () => this.#wantRelay());
  }

  /** The path that is in use; undefined before one is proven, and where none is left. */
  get used(): UsedPath | undefined {
    const rttMicros = this.#agent.selected?.rttMicros;
    return this.#used && { ...this.#used, rttMicros };
  }

  /** Where the other side is known to be, the best first; carriers among them, which are of this endpoint only. */
  get addresses(): readonly Address[] {
    const proven = this.#agent.paths.filter(({ state }) => state === "proven");
    const { selected } = this.#agent;
    const rest = proven.filter(({ isSelected }) => !isSelected);
    return [...(selected === undefined ? [] : [selected]), ...rest].map(({ address }) => address);
  }

  /** What happened to checks, and what the other side or the gateway said that was of no use. */
  get counters(): PathCounters & {
    readonly refusedCandidates: number;
    readonly badLeases: number;
  } {
    return {
      ...this.#agent.counters,
      refusedCandidates: this.#refused,
      badLeases: this.#desk.badLeases,
    };
  }

  /** Everything that was tried. */
  get report(): PathReport {
    const text = ({ address, port }: Address): string => `${address} port ${port}`;
    return {
      nat: this.#gatherer?.nat ?? "unknown",
      told: this.#gatherer?.candidates ?? [],
      stun: (this.#gatherer?.stun ?? []).map((event) => {
        const isMapped = event.type === "mapped";
        const rtt = isMapped ? event.roundTrip : undefined;
        return {
          server: text(event.server),
          mapped: isMapped ? text(event.mapped) : undefined,
          rttMillis: rtt === undefined ? undefined : Math.round(rtt / 100) / 10,
        };
      }),
      relays: this.#desk.measured,
      tried: this.#agent.paths,
      used: this.used,
      whyRelay: this.#whyRelay(),
      seconds: Math.round((monotonicMicros() - this.#startedAt) / 1e5) / 10,
    };
  }

  /** The gateway tells this. */
  take(news: PathNews): void {
    if (!this.#open) return;
    switch (news.type) {
      case "candidates":
        return this.#addCandidates(news.candidates);
      case "relay":
        if (this.#init.relay !== "never") this.#desk.take(news.relay, news.lease);
        return;
      case "relay-refused":
        return this.#desk.refused(news.code);
    }
  }

  /** For `ConnectOptions.moreAddresses`: adds each address that is proven now or later. */
  readonly moreAddresses = (add: (address: Address) => void): void => {
    if (this.#attempts.length >= MAX_ATTEMPTS) this.#attempts.shift();
    this.#attempts.push(add);
    for (const address of this.addresses) add(address);
  };

  /** The session runs over this connection (borrowed) from now on: it is moved to the best path, and watched. */
  attach(connection: RiftConnection): void {
    if (!this.#open) return;
    this.#attempts.length = 0;
    this.#session.attach(connection);
    const { selected } = this.#agent;
    if (selected !== undefined) this.#session.moveTo(selected.address, false);
    this.#heard(connection.remote);
  }

  /** Of the endpoint. */
  receive(datagram: Uint8Array, from: Address): boolean {
    if (readPathId(datagram) !== this.#agent.pathId) return false;
    // Who hides its addresses does not answer to any.
    const isCarrier = isCarrierAddress(from.address);
    if (this.#init.relay === "only" && !isCarrier) return true;
    this.#with((now) => this.#agent.receive(datagram, from, now));
    return true;
  }

  /** Ends the search and lets go of relays; the connection stays as it is. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    this.#desk[Symbol.dispose]();
    this.#open = false;
    this.#timers[Symbol.dispose]();
    this.#session[Symbol.dispose]();
    this.#attempts.length = 0;
    this.#port[Symbol.dispose]();
    this.#agent[Symbol.dispose]();
    this.#watch?.[Symbol.dispose]();
    await this.#gatherer?.[Symbol.asyncDispose]();
  }

  get #isDirect(): boolean {
    const { selected } = this.#agent;
    return selected !== undefined && isDirect(selected);
  }

  #addCandidates(candidates: readonly PathCandidate[]): void {
    if (this.#init.relay === "only") return;
    let names = 0;
    for (const one of candidates.slice(0, MAX_AT_ONCE)) {
      if (one.kind === "relay") this.#refused++;
      else if (canonicalAddress(one.address) !== undefined || /[:%]|^[\d.]+$/.test(one.address))
        this.#addRemote(one);
      else if (names++ < MAX_NAMES)
        void resolvePlace(one).then((found) => {
          for (const address of found) this.#addRemote({ ...one, ...address });
        });
    }
  }

  #addRemote({ kind, address: text, port }: PathCandidate): void {
    const address = canonicalAddress(text);
    const bound = this.#init.endpoint.address;
    if (kind === "relay" || address === undefined || !canReach(bound, address)) this.#refused++;
    else this.#with((now) => this.#agent.addRemote([{ kind, address, port }], now));
  }

  #addRelay(path: RelayPath): void {
    const { kind, address } = path;
    this.#with((now) => {
      const known = this.#agent.paths.find((one) => sameAddress(one.address, address));
      // It was checked before the other side was there: begin anew, at full pace.
      if (known !== undefined && known.state !== "proven") this.#agent.remove(address, now);
      this.#agent.addRemote([{ kind, ...address }], now);
    });
  }

  #stunHeard(event: StunEvent): void {
    if (event.type === "mapped") this.#noteUdp();
  }

  #noteUdp(): void {
    this.#isUdpHeard = true;
  }

  #heard(from: Address): void {
    if (!isCarrierAddress(from.address)) this.#noteUdp();
    if (this.#init.relay === "only" && !isCarrierAddress(from.address)) return;
    this.#with((now) => this.#agent.heard(from, now));
  }

  /** This machine's addresses have changed. */
  #moved(): void {
    this.#isUdpHeard = false;
    this.#init.say({ type: "moved" });
    this.#with((now) => this.#agent.restart(now));
    this.#desk.moved();
    this.#timers.after(RELAY_AFTER_MS, () => this.#wantRelay());
  }

  #wantRelay(): void {
    if (!this.#isDirect) this.#desk.want();
  }

  #noteLoss(ratio: number): void {
    const { selected } = this.#agent;
    if (selected !== undefined) this.#desk.noteLoss(selected.address, ratio);
  }

  /** Tells the agent something, and does what comes of it. */
  #with(tell: (now: Micros) => void): void {
    if (!this.#open) return;
    tell(monotonicMicros());
    this.#pump();
  }

  #pump(): void {
    // What an event leads to may come back here; the loop below goes on after it.
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      this.#transmit();
      for (let event = this.#poll(); event !== undefined; event = this.#poll()) this.#handle(event);
      this.#transmit();
    } finally {
      this.#isPumping = false;
    }
    this.#arm();
  }

  #poll(): PathEvent | undefined {
    return this.#open ? this.#agent.pollEvent() : undefined;
  }

  #transmit(): void {
    if (!this.#open) return;
    const now = monotonicMicros();
    for (;;) {
      const transmit = this.#agent.pollTransmit(now);
      if (transmit === undefined) return;
      const { bytes, length, address, port } = transmit;
      this.#port.send(bytes, length, address, port);
    }
  }

  #arm(): void {
    const at = this.#open ? (this.#agent.pollTimeout() ?? Infinity) : Infinity;
    // One that goes off too early only looks and is set again: cheaper than to set it at every packet.
    if (at >= this.#timerAt) return;
    this.#cancel?.();
    this.#timerAt = at;
    const wait = Math.max(1, (at - monotonicMicros()) / 1000);
    this.#cancel = this.#timers.after(wait, () => {
      this.#timerAt = Infinity;
      this.#with((now) => this.#agent.handleTimeout(now));
    });
  }

  #handle(event: PathEvent): void {
    switch (event.type) {
      case "proven":
        return this.#proven(event.path);
      case "selected":
        return this.#selected(event.path, event.previous);
      case "lost":
        return this.#lost(event.path);
    }
  }

  #proven({ address, kind }: PathStatus): void {
    for (const add of [...this.#attempts]) add(address);
    if (isDirect({ kind })) this.#noteUdp();
    else this.#desk.proven(address);
  }

  #selected(path: PathStatus, previous: PathStatus | undefined): void {
    const isOldPathDead = this.#isLost || (previous !== undefined && previous.state !== "proven");
    this.#isLost = false;
    this.#session.moveTo(path.address, isOldPathDead);
    this.#letGo?.();
    this.#letGo = undefined;
    if (isDirect(path))
      this.#letGo = this.#timers.after(LET_GO_MS, () => this.#isDirect && this.#desk.letGo());
    else if (previous !== undefined && isDirect(previous)) this.#gatherer?.refresh();
    this.#use(path);
  }

  #lost(path: PathStatus): void {
    this.#isLost = true;
    this.#use(undefined);
    // Its NAT may have forgotten us, and give us another address now.
    this.#gatherer?.refresh();
    this.#desk.lost(path.address);
  }

  #use(path: PathStatus | undefined): void {
    const before = this.#used;
    const relay = this.#desk.paths.find((one) => path && sameAddress(one.address, path.address));
    this.#used = path && usedPath(path, relay?.relay.id);
    if (before?.way !== this.#used?.way || before?.remote !== this.#used?.remote)
      this.#init.onUsed?.(this.#used);
  }

  #whyRelay(): string | undefined {
    if (this.#used === undefined || this.#used.way === "local" || this.#used.way === "direct")
      return undefined;
    if (this.#init.relay === "only") return "addresses are hidden, as was asked for";
    const direct = this.#agent.paths.filter((path) => isDirect(path));
    if (!this.#isUdpHeard) return "no UDP gets through this network";
    if (direct.length === 0) return "the other side has told no address of its own";
    const nat = this.#gatherer?.nat;
    const tried = `none of ${direct.length} direct addresses answers`;
    return nat === "endpoint-dependent"
      ? `${tried}; this machine is behind a symmetric NAT`
      : tried;
  }
}

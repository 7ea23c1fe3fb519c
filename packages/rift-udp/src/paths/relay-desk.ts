import type { LegEvent } from "@wavry/relay";
import { WireError } from "@wavry/rift-core";
import { type CryptoSuite, HandshakeError, type Identity } from "@wavry/rift-crypto";
import type { Address } from "@wavry/rift-session";
import type { RiftEndpoint } from "../rift-endpoint.ts";
import { sameAddress } from "./addresses.ts";
import { RelayPath, type RelayWay, readBase64 } from "./relay-path.ts";
import { type RelayAnswer, RelayProbes } from "./relay-probes.ts";
import { type OpenPipe, RelayTlsProbes } from "./relay-tls-probes.ts";
import { RelayUses } from "./relay-uses.ts";
import type { PathSignal, RelayMeasurement, RelayPlace } from "./signals.ts";
import { Timers } from "./timers.ts";

/** No UDP came back for so long: TLS is tried beside it. */
export const UDP_PATIENCE_MS = 500;
/** A host tells what it has measured by then, and the rest later. */
const FIRST_MEASUREMENTS_MS = 150;
const ASK_AGAIN_MS = 1_500;
const ASK_AGAIN_MOST_MS = 15_000;
/** A host asks for a new lease where the client has not by then. */
const HOST_RENEWS_MS = 10_000;
/** What was replaced goes on for so long, as the other side may still send there. */
const OVERLAP_MS = 1_000;
/** How often UDP is tried while a relay is reached over TLS. */
const UDP_AGAIN_MS = 10_000;
const MAX_RELAYS = 8;
const MAX_PATHS = 3;
const MAX_AVOIDED = 8;
const MAX_MEASURED = 6;

/** What the desk stands on. */
export interface RelayDeskInit {
  readonly endpoint: RiftEndpoint;
  readonly suite: CryptoSuite;
  readonly identity: Pick<Identity, "identityKey" | "identitySeed">;
  readonly role: "client" | "host";
  readonly relays: readonly RelayPlace[];
  readonly say: (signal: PathSignal) => void;
  /** Whether no direct path is in use. */
  readonly isWanted: () => boolean;
  /** Whether anything came back by UDP since the network last changed. */
  readonly isUdpHeard: () => boolean;
  /** A relay answered by UDP. */
  readonly onUdpHeard: () => void;
  /** The other side can be checked there; told again when it has come. */
  readonly onPath: (path: RelayPath) => void;
  /** Nothing goes there any more. */
  readonly onGone: (address: Address) => void;
  readonly openPipe?: OpenPipe | undefined;
}

/** The relays of one session: measures them, asks for one, keeps its lease, and replaces it where it ends. The client decides. */
export class RelayDesk implements Disposable {
  /** Relays and leases from the gateway that could not be used. */
  badLeases = 0;
  readonly #init: RelayDeskInit;
  readonly #relays = new Map<string, RelayPlace>();
  readonly #probes: RelayProbes;
  readonly #tls: RelayTlsProbes;
  readonly #uses: RelayUses;
  readonly #timers = new Timers();
  #paths: RelayPath[] = [];
  /** Of the paths: those that are dead or about to end. */
  readonly #dying = new Set<RelayPath>();
  /** Of the paths: those whose lease ends before long. */
  readonly #due = new Set<RelayPath>();
  #avoided: string[] = [];
  #lastLease = "";
  #refusal: string | undefined;
  /** A relay is wanted as soon as one has answered. */
  #isPending = false;
  #hasMeasured = false;
  #hasTriedAll = false;
  /** Nothing came back by UDP for as long as one waits. */
  #isUdpSilent = false;
  #measuringTls: Promise<undefined> | undefined;
  #asking: (() => void) | undefined;
  #askAgainMs = ASK_AGAIN_MS;
  #open = true;

  constructor(init: RelayDeskInit) {
    this.#init = init;
    const { endpoint, suite, relays, openPipe, say } = init;
    for (const relay of relays.slice(0, MAX_RELAYS)) this.#relays.set(relay.id, relay);
    this.#probes = new RelayProbes(endpoint, suite, (answer) => this.#answered(answer));
    this.#tls = new RelayTlsProbes(suite, openPipe);
    this.#uses = new RelayUses((use) => say({ type: "relay-report", use }));
  }

  /** Whether the gateway has named any. */
  get hasRelays(): boolean {
    return this.#relays.size > 0;
  }

  get paths(): readonly RelayPath[] {
    return this.#paths;
  }

  /** Why the gateway gave none when it was last asked. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** What was measured; null: no answer. */
  get measured(): readonly RelayMeasurement[] {
    const measured: RelayMeasurement[] = [];
    for (const relay of this.#relays.keys()) {
      const udp = this.#probes.answerOf(relay)?.rttMicros;
      const tls = this.#tls.rttOf(relay);
      if (udp !== undefined || this.#hasMeasured)
        measured.push({ relay, rttMillis: millis(udp), over: "udp" });
      if (tls !== undefined) measured.push({ relay, rttMillis: millis(tls), over: "tls" });
    }
    return measured.slice(0, MAX_MEASURED);
  }

  /** Begins to measure. */
  start(): void {
    if (!this.hasRelays) return;
    void this.#measure();
    this.#timers.after(UDP_PATIENCE_MS, () => {
      this.#isUdpSilent = !this.#init.isUdpHeard();
      if (this.#isUdpSilent) this.#measuringTls = this.#measureTls();
    });
    if (this.#init.role === "host")
      this.#timers.after(FIRST_MEASUREMENTS_MS, () => {
        if (!this.#hasMeasured && this.measured.length > 0) this.#tell();
      });
  }

  /** Client: no direct path is there. A relay follows, unless one is there or under way. */
  want(): void {
    if (!this.#open || this.#init.role === "host" || !this.hasRelays) return;
    if (this.#asking !== undefined || this.#paths.some((path) => !this.#dying.has(path))) return;
    if (this.#hasAnswer || this.#hasTriedAll) return this.#ask();
    this.#isPending = true;
    if (this.#hasMeasured) void this.#measureTls();
  }

  /** The relay that was given is of no use here, which the other side does not see: a host asks, too. */
  #wantOther(): void {
    if (this.#init.role === "client") this.want();
    else this.#ask();
  }

  /** The gateway gives a lease; the same again is ignored. */
  take(relay: RelayPlace, lease: string): void {
    if (!this.#open || lease === this.#lastLease) return;
    this.#lastLease = lease;
    this.#stopAsking();
    this.#refusal = undefined;
    try {
      const bytes = readBase64(lease);
      const known = this.#paths.find(
        (path) => path.relay.id === relay.id && path.state !== "ended" && !this.#dying.has(path),
      );
      if (known !== undefined) return known.renew(bytes);
      this.#remember(relay);
      void this.#enter(relay, bytes);
    } catch (error) {
      this.#noteBad(error);
    }
  }

  /** The gateway has none, or could not be asked. It is asked again later, while one is wanted. */
  refused(code: string): void {
    this.#refusal = code;
    this.#avoided = [];
  }

  /** The other side answered there. */
  proven(address: Address): void {
    const path = this.#at(address);
    if (path === undefined) return;
    this.#dying.delete(path);
    this.#avoided = this.#avoided.filter((id) => id !== path.relay.id);
    this.#uses.connected(path);
    const older = this.#paths.slice(0, this.#paths.indexOf(path));
    if (this.#init.role === "client" && older.length > 0)
      this.#timers.after(OVERLAP_MS, () => {
        for (const one of older) this.#drop(one);
      });
  }

  /** The path in use is dead: where it is over a relay, that one is avoided. */
  lost(address: Address): void {
    const path = this.#at(address);
    if (path !== undefined) this.#avoid(path);
    this.want();
  }

  /** A share of datagrams, 0..1, is lost while that path is in use. */
  noteLoss(address: Address, ratio: number): void {
    const path = this.#at(address);
    if (path !== undefined) this.#uses.noteLoss(path, ratio);
  }

  /** Client: a direct path works well; relays are not needed any more. */
  letGo(): void {
    this.#isPending = false;
    this.#stopAsking();
    if (this.#init.role === "client") for (const path of [...this.#paths]) this.#drop(path);
  }

  /** The network changed. */
  moved(): void {
    if (!this.#open || !this.hasRelays) return;
    this.#probes.forget();
    for (const path of this.#paths) path.moved();
    void this.#measure();
    this.#timers.after(UDP_PATIENCE_MS, () => {
      this.#isUdpSilent = !this.#init.isUdpHeard();
      if (!this.#isUdpSilent || !this.#init.isWanted()) return;
      for (const path of this.#paths) if (path.kind === "relay") void this.#turnToTls(path);
      if (this.#paths.length === 0) void this.#measureTls();
    });
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    for (const path of [...this.#paths]) this.#drop(path);
    this.#open = false;
    this.#timers[Symbol.dispose]();
    this.#probes[Symbol.dispose]();
    this.#tls[Symbol.dispose]();
  }

  get #hasAnswer(): boolean {
    return this.measured.some(({ rttMillis }) => rttMillis !== null);
  }

  #at(address: Address): RelayPath | undefined {
    return this.#paths.find((path) => sameAddress(path.address, address));
  }

  async #measure(): Promise<void> {
    await this.#probes.measure([...this.#relays.values()]);
    if (!this.#open) return;
    this.#hasMeasured = true;
    if (this.#init.role === "host") this.#tell();
    if (this.#isPending) this.want();
  }

  async #measureTls(): Promise<undefined> {
    const opened = [...this.#relays.values()].map(async (relay) => {
      if (!(await this.#tls.open(relay)) || !this.#open) return;
      if (this.#init.role === "host") this.#tell();
      else if (this.#isPending) this.#ask();
    });
    await Promise.all(opened);
    if (!this.#open) return;
    // Where nothing answers from here, the gateway may know of others.
    this.#hasTriedAll = this.#hasMeasured;
    if (this.#isPending && (this.#hasTriedAll || this.#hasAnswer)) this.#ask();
  }

  #answered({ relay, address }: RelayAnswer): void {
    this.#init.onUdpHeard();
    if (!this.#open) return;
    if (this.#isPending) this.#ask();
    for (const path of this.#paths)
      if (path.kind === "relay-tls" && path.relay.id === relay)
        this.#turn(path, { type: "udp", address });
  }

  /** Host: says how far relays are, which nobody answers. */
  #tell(): void {
    const { measured } = this;
    if (measured.length > 0) this.#init.say({ type: "relay-request", measured });
  }

  #ask(renew = false): void {
    const avoid = this.#avoided;
    if (!renew) {
      this.#isPending = false;
      this.#stopAsking();
      const cancel = this.#timers.after(this.#askAgainMs, () => {
        this.#asking = undefined;
        this.#askAgainMs = Math.min(ASK_AGAIN_MOST_MS, 2 * this.#askAgainMs);
        if (this.#init.isWanted()) this.want();
      });
      this.#asking = cancel;
    }
    this.#init.say({
      type: "relay-request",
      measured: this.measured,
      ...(renew && { renew: true as const }),
      ...(avoid.length > 0 && { avoid: [...avoid] }),
    });
  }

  #stopAsking(): void {
    this.#asking?.();
    this.#asking = undefined;
  }

  #remember(relay: RelayPlace): void {
    if (this.#relays.size >= MAX_RELAYS && !this.#relays.has(relay.id))
      this.#relays.delete(this.#relays.keys().next().value!);
    this.#relays.set(relay.id, relay);
  }

  async #enter(relay: RelayPlace, lease: Uint8Array): Promise<void> {
    const way = await this.#findWay(relay);
    if (!this.#open) {
      if (way?.type === "tls") way.pipe.close();
      return;
    }
    if (way === undefined) {
      this.#uses.missed(relay.id);
      this.#noteAvoided(relay.id);
      if (this.#init.isWanted()) this.#wantOther();
      return;
    }
    const { endpoint, suite, identity } = this.#init;
    const onEvent = (path: RelayPath, event: LegEvent): void => this.#heard(path, event);
    let path: RelayPath;
    try {
      path = new RelayPath({ endpoint, suite, identity, relay, lease, way, onEvent });
    } catch (error) {
      if (way.type === "tls") way.pipe.close();
      return this.#noteBad(error);
    }
    this.#askAgainMs = ASK_AGAIN_MS;
    this.#paths.push(path);
    this.#uses.begin(path);
    if (this.#paths.length > MAX_PATHS) this.#drop(this.#paths[0]!);
    path.start();
    if (way.type === "tls") this.#tryUdpLater(path);
  }

  /** By UDP where the relay answers, else over TLS; undefined: neither. */
  async #findWay(relay: RelayPlace): Promise<RelayWay | undefined> {
    const answered = (): RelayWay | undefined => {
      const answer = this.#probes.answerOf(relay.id);
      return answer && { type: "udp", address: answer.address };
    };
    const known = answered();
    if (known !== undefined) return known;
    const measuring = this.#probes.measure([relay]).then(answered);
    const opening = async (): Promise<RelayWay | undefined> => {
      if (!this.#isUdpSilent || this.#init.isUdpHeard()) {
        const early = await Promise.race([measuring, this.#wait(UDP_PATIENCE_MS)]);
        if (early !== undefined) return early;
      }
      const pipe = (await this.#tls.open(relay)) ? this.#tls.take(relay.id) : undefined;
      // What came by UDP meanwhile is better.
      const late = answered();
      if (late !== undefined) pipe?.close();
      return late ?? (pipe && { type: "tls", pipe });
    };
    const way = await opening();
    if (way !== undefined) return way;
    // Where another one answers by TLS and nothing by UDP, there is nothing to wait for.
    const early = await Promise.race([measuring, this.#measuringTls]);
    return early ?? (this.#isUdpSilent && this.#hasAnswer ? answered() : await measuring);
  }

  #wait(delayMs: number): Promise<undefined> {
    return new Promise((resolve) => {
      this.#timers.after(delayMs, () => resolve(undefined));
    });
  }

  #heard(path: RelayPath, event: LegEvent): void {
    if (!this.#paths.includes(path)) return;
    const isClient = this.#init.role === "client";
    switch (event.type) {
      case "ready":
      case "peer-joined":
        return this.#init.onPath(path);
      case "renewal-due":
        this.#due.add(path);
        if (isClient && !this.#init.isWanted()) this.#drop(path);
        else if (isClient) this.#renew(path);
        else this.#timers.after(HOST_RENEWS_MS, () => this.#renew(path));
        return;
      case "renewed":
        this.#due.delete(path);
        return;
      case "not-renewed":
      case "draining":
        if (!this.#init.isWanted()) return isClient ? this.#drop(path) : undefined;
        this.#avoid(path);
        return this.want();
      case "ended":
        if (event.reason !== "closed") this.#noteAvoided(path.relay.id);
        this.#drop(path);
        if (this.#init.isWanted()) this.want();
    }
  }

  /** Asks for the next lease, unless it came meanwhile. */
  #renew(path: RelayPath): void {
    if (!this.#due.has(path)) return;
    this.#ask(true);
    this.#timers.after(HOST_RENEWS_MS, () => this.#renew(path));
  }

  #avoid(path: RelayPath): void {
    this.#dying.add(path);
    this.#noteAvoided(path.relay.id);
  }

  #noteAvoided(id: string): void {
    this.#avoided = [...this.#avoided.filter((one) => one !== id), id].slice(-MAX_AVOIDED);
  }

  async #turnToTls(path: RelayPath): Promise<void> {
    const pipe = (await this.#tls.open(path.relay)) ? this.#tls.take(path.relay.id) : undefined;
    if (pipe === undefined) return;
    if (!this.#paths.includes(path) || this.#init.isUdpHeard()) return pipe.close();
    this.#turn(path, { type: "tls", pipe });
    this.#tryUdpLater(path);
  }

  #turn(path: RelayPath, way: RelayWay): void {
    const old = path.useWay(way);
    this.#init.onPath(path);
    this.#timers.after(OVERLAP_MS, () => {
      old.close();
      this.#init.onGone(old.address);
    });
  }

  #tryUdpLater(path: RelayPath): void {
    this.#timers.after(UDP_AGAIN_MS, () => {
      if (!this.#paths.includes(path) || path.kind === "relay") return;
      this.#probes.forget(path.relay.id);
      void this.#probes.measure([path.relay]);
      this.#tryUdpLater(path);
    });
  }

  #drop(path: RelayPath): void {
    if (!this.#paths.includes(path)) return;
    this.#paths = this.#paths.filter((one) => one !== path);
    this.#dying.delete(path);
    this.#due.delete(path);
    const { address } = path;
    this.#uses.end(path);
    path.close();
    this.#init.onGone(address);
  }

  #noteBad(error: unknown): void {
    const isBad = [WireError, TypeError, RangeError, HandshakeError].some(
      (one) => error instanceof one,
    );
    if (!isBad) throw error;
    this.badLeases++;
  }
}

function millis(micros: number | undefined): number | null {
  return micros === undefined ? null : Math.min(60_000, Math.round(micros / 100) / 10);
}

import { once } from "node:events";
import type { PortMapping } from "@wavry/port-mapping";
import type { CryptoSuite } from "@wavry/rift-crypto";
import type { Address } from "@wavry/rift-session";
import { natMapping, type StunEvent } from "@wavry/stun";
import type { RiftEndpoint } from "../rift-endpoint.ts";
import { canonicalAddress, canReach, resolvePlace } from "./addresses.ts";
import { type OwnNetwork, systemNetwork } from "./interfaces.ts";
import type { PathCandidate, PathOptions, ServerPlace } from "./signals.ts";
import { StunQuestions } from "./stun-questions.ts";

/** The most candidates of one side, and in one message of the signaling. */
export const MAX_CANDIDATES = 16;
const MAX_STUN_SERVERS = 4;

/**
 * What is between this machine and others: nothing; a NAT that gives a socket one address whomever it talks to; one that gives it another
 * for each ("symmetric"); "no-answer" where no STUN server answers, "unknown" before it is known, or where there is no server.
 */
export type NatKind =
  | "none"
  | "endpoint-independent"
  | "endpoint-dependent"
  | "no-answer"
  | "unknown";

/** What addresses are looked for with. */
export interface GathererInit extends Pick<PathOptions, "mapPorts" | "loopback"> {
  readonly endpoint: RiftEndpoint;
  readonly suite: CryptoSuite;
  /** Names are resolved; more than four are not asked. */
  readonly stun?: readonly ServerPlace[] | undefined;
  /** New ones, as they are found; never the same twice while the network stays the same. */
  readonly onCandidates: (candidates: readonly PathCandidate[]) => void;
  /** The addresses of this machine have changed; what is found of them follows. */
  readonly onChanged?: (() => void) | undefined;
  /** A STUN server answered or did not. */
  readonly onStun?: ((event: StunEvent) => void) | undefined;
  /** Opens a port at the router, where `mapPorts` is set; default: `mapPort`. */
  readonly openMapping?: ((port: number, givenUp: AbortSignal) => Promise<PortMapping>) | undefined;
  /** This machine's addresses; default: the system's. */
  readonly network?: OwnNetwork | undefined;
}

/** Finds the addresses of an endpoint and follows their changes. */
export class Gatherer implements AsyncDisposable {
  readonly #init: GathererInit;
  readonly #questions: StunQuestions;
  #watch: Disposable | undefined;
  #candidates: PathCandidate[] = [];
  #stun: StunEvent[] = [];
  /** STUN servers that were asked; undefined while their names are looked up. */
  #servers: Address[] | undefined;
  /** What routers are being asked for, until it is known. */
  readonly #mappings = new Set<Promise<void>>();
  #mappingEnded = new AbortController();
  #round = 0;
  #open = true;

  /** Nothing is looked for before `start`. */
  constructor(init: GathererInit) {
    this.#init = init;
    this.#questions = new StunQuestions(init.endpoint, init.suite, (event) => this.#heard(event));
  }

  /** What was found. */
  get candidates(): readonly PathCandidate[] {
    return this.#candidates;
  }

  /** What STUN servers said since the network last changed. */
  get stun(): readonly StunEvent[] {
    return this.#stun;
  }

  get nat(): NatKind {
    const mapped = this.#stun.filter((event) => event.type === "mapped");
    if (mapped.length === 0) return this.#isSilent ? "no-answer" : "unknown";
    const own = new Set(this.#interfaces());
    const translated = mapped.filter((event) => !own.has(event.mapped.address));
    if (translated.length === 0) return "none";
    return natMapping(translated) ?? "unknown";
  }

  /** Every server was asked, and none answered. */
  get #isSilent(): boolean {
    const asked = this.#servers?.length ?? 0;
    return asked > 0 && this.#stun.length >= asked;
  }

  /** Begins: addresses of interfaces are told in this turn. Once. */
  start(): void {
    this.#watch = this.#network.watch(() => this.#changed());
    this.#gather();
  }

  /** Asks again where this socket is seen: its NAT may have been started anew. */
  refresh(): void {
    if (this.#open) void this.#ask(++this.#round);
  }

  /** Takes back what a router was asked for. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = false;
    this.#unmap();
    this.#watch?.[Symbol.dispose]();
    this.#questions[Symbol.dispose]();
    await Promise.all(this.#mappings);
  }

  #changed(): void {
    if (!this.#open) return;
    this.#candidates = [];
    this.#unmap();
    this.#init.onChanged?.();
    if (this.#open) this.#gather();
  }

  #gather(): void {
    const { port } = this.#init.endpoint.address;
    this.#add(this.#interfaces().map((address) => ({ kind: "local" as const, address, port })));
    if (!this.#open) return;
    void this.#ask(++this.#round);
    this.#map(port);
  }

  get #network(): OwnNetwork {
    return this.#init.network ?? systemNetwork;
  }

  #interfaces(): string[] {
    return this.#network.addresses(this.#init.endpoint.address, this.#init.loopback);
  }

  async #ask(round: number): Promise<void> {
    const { stun = [], endpoint } = this.#init;
    this.#stun = [];
    this.#servers = undefined;
    const resolved = await Promise.all(stun.slice(0, MAX_STUN_SERVERS).map(resolvePlace));
    if (!this.#open || round !== this.#round) return;
    const servers = resolved.flatMap((found) => oneOfEachFamily(found));
    this.#servers = servers.filter(({ address }) => canReach(endpoint.address, address));
    this.#questions.ask(this.#servers);
  }

  #heard(event: StunEvent): void {
    if (!this.#open) return;
    this.#stun.push(event);
    this.#init.onStun?.(event);
    if (event.type !== "mapped" || !this.#open) return;
    const { address, port } = event.mapped;
    this.#add([{ kind: "reflexive", address, port }]);
    this.#askOtherPort(event.server);
  }

  /** A lone server tells kinds of NAT by another port: that of its name, and the next one, where ours and coturn answer, too. */
  #askOtherPort(server: Address): void {
    const isV6 = (address: string): boolean => address.includes(":");
    const alike = this.#servers!.filter((one) => isV6(one.address) === isV6(server.address));
    if (alike.length !== 1 || server.port >= 65_535) return;
    const other = { address: server.address, port: server.port + 1 };
    this.#servers!.push(other);
    this.#questions.ask([other]);
  }

  #map(port: number): void {
    const { mapPorts = false, openMapping } = this.#init;
    if (!mapPorts) return;
    const open: NonNullable<typeof openMapping> =
      openMapping ??
      (async (...wanted) => await (await import("@wavry/port-mapping")).mapPort(...wanted));
    const { signal } = this.#mappingEnded;
    const asked = this.#hold(open(port, signal), signal)
      // Most routers do not do it; that is no news.
      .catch(() => {})
      .finally(() => this.#mappings.delete(asked));
    this.#mappings.add(asked);
  }

  /** Tells a port of a router, and gives it back when the signal says so. */
  async #hold(opening: Promise<PortMapping>, signal: AbortSignal): Promise<void> {
    await using mapping = await opening;
    if (signal.aborted) return;
    const address = canonicalAddress(mapping.address);
    if (address !== undefined) this.#add([{ kind: "mapped", address, port: mapping.port }]);
    if (!signal.aborted) await once(signal, "abort");
  }

  /** Gives back what routers were asked for: this is another network, or the end. */
  #unmap(): void {
    this.#mappingEnded.abort();
    this.#mappingEnded = new AbortController();
  }

  #add(found: readonly PathCandidate[]): void {
    const isNew = (one: PathCandidate): boolean =>
      !this.#candidates.some(({ address, port }) => address === one.address && port === one.port);
    const fresh = found.filter(isNew).slice(0, MAX_CANDIDATES - this.#candidates.length);
    if (fresh.length === 0) return;
    this.#candidates.push(...fresh);
    this.#init.onCandidates(fresh);
  }
}

function oneOfEachFamily(found: readonly Address[]): Address[] {
  const v4 = found.find(({ address }) => !address.includes(":"));
  const v6 = found.find(({ address }) => address.includes(":"));
  return [v4, v6].filter((one) => one !== undefined);
}

import type { Millis } from "./announcer.ts";
import { type LanMark, readMark } from "./mark.ts";
import { type MdnsMessage, type MdnsRecord, sameName } from "./message.ts";
import { labelIn, labelOf, SERVICE, TXT_VERSION } from "./service.ts";

/** When the question is asked, after the start; then at twice the time each, to once an hour (RFC 6762 §5.2). */
const FIRST_WAIT_MS = 1_000;
const LAST_WAIT_MS = 3_600_000;
const SECOND_MS = 1_000;
/** Longer than this nothing is believed without being heard again. */
const MAX_TTL = 4_500;

/** What is kept of what strangers say. */
const MAX_HOSTS = 128;
const MAX_HOSTS_PER_SOURCE = 16;
const MAX_TARGETS = 256;
const MAX_ADDRESSES = 8;

/** A host as the local network tells of it. Anybody there can have said so. */
export interface LanHost {
  /** What it calls itself, visible characters alone. */
  readonly name: string;
  /** Where it says that it is; at most 8, only ones of local networks. */
  readonly addresses: readonly LanAddress[];
  /** By which those who know its Wavry ID recognise it. */
  readonly mark: LanMark | undefined;
}

/** IPv4 or IPv6, with a zone where it is link-local. */
export interface LanAddress {
  readonly address: string;
  readonly port: number;
}

interface Service {
  /** The whole name, in the case in which it came first. */
  readonly name: string;
  readonly source: string;
  srv: { readonly target: string; readonly port: number; readonly until: Millis } | undefined;
  mark: LanMark | undefined;
  until: Millis;
}

interface Target {
  readonly addresses: Map<string, Millis>;
}

/** From where a message came, and what may be believed of addresses in it. */
export interface Origin {
  /** The sender's address. */
  readonly source: string;
  /** The address with its zone; undefined where it is none of a local network. */
  readonly usable: (address: string) => string | undefined;
}

/** Counts what was not kept. */
export interface BrowserCounters {
  /** Hosts and names beyond what is kept. */
  refused: number;
}

/** Finds hosts (RFC 6763 §4), without a socket. Bounded whoever answers; addresses outside local networks are left out. */
export class Browser {
  readonly counters: BrowserCounters = { refused: 0 };
  readonly #services = new Map<string, Service>();
  readonly #targets = new Map<string, Target>();
  readonly #out: MdnsMessage[] = [];
  #dueAt: Millis;
  #waitMs = FIRST_WAIT_MS;

  constructor(now: Millis) {
    this.#dueAt = now;
  }

  /** All that is known whole: with a port and an address. */
  hosts(now: Millis): LanHost[] {
    const hosts: LanHost[] = [];
    for (const { name, srv, mark, until } of this.#services.values()) {
      if (srv === undefined || srv.until <= now || until <= now) continue;
      const { target, port } = srv;
      const addresses = [...(this.#targets.get(target)?.addresses ?? [])]
        .filter(([, each]) => each > now)
        .map(([address]) => ({ address, port }));
      if (addresses.length > 0) hosts.push({ name: labelOf(labelIn(name)!), addresses, mark });
    }
    return hosts;
  }

  /** Takes a message of anybody. */
  receive(message: MdnsMessage, origin: Origin, now: Millis): void {
    if (!message.isResponse) return;
    // First what says where a name leads, as addresses are kept for those names alone.
    for (const record of message.records) this.#takeService(record, origin.source, now);
    for (const record of message.records) this.#takeAddress(record, origin, now);
  }

  handleTimeout(now: Millis): void {
    if (now < this.#dueAt) return;
    this.#forget(now);
    this.#dueAt = now + this.#waitMs;
    this.#waitMs = Math.min(2 * this.#waitMs, LAST_WAIT_MS);
    this.#out.push({
      isResponse: false,
      questions: [{ name: SERVICE, type: "PTR" }],
      records: [],
      proposed: [],
    });
  }

  /** Asks now, and in the pace of the start: the network is another one. */
  restart(now: Millis): void {
    this.#dueAt = now;
    this.#waitMs = FIRST_WAIT_MS;
  }

  pollTimeout(): Millis {
    return this.#dueAt;
  }

  pollTransmit(): MdnsMessage | undefined {
    return this.#out.shift();
  }

  #takeService(record: MdnsRecord, source: string, now: Millis): void {
    if (record.type === "PTR" && sameName(record.name, SERVICE)) {
      if (labelIn(record.target) === undefined) return;
      if (record.ttl === 0) this.#services.delete(record.target.toLowerCase());
      return;
    }
    if (record.type !== "SRV" && record.type !== "TXT") return;
    if (labelIn(record.name) === undefined) return;
    const service = this.#service(record.name, source, now);
    if (service === undefined) return;
    const until = untilOf(record.ttl, now);
    if (record.type === "TXT") {
      const isKnownVersion = record.entries.includes(`v=${TXT_VERSION}`);
      service.mark = isKnownVersion ? readMark(record.entries) : undefined;
    } else if (record.ttl === 0) this.#services.delete(record.name.toLowerCase());
    else if (record.port > 0) {
      service.srv = { target: record.target.toLowerCase(), port: record.port, until };
      service.until = until;
    }
  }

  #service(name: string, source: string, now: Millis): Service | undefined {
    const known = this.#services.get(name.toLowerCase());
    if (known !== undefined) return known;
    if (this.#services.size >= MAX_HOSTS) this.#forget(now);
    const ofSource = [...this.#services.values()].filter((each) => each.source === source).length;
    if (this.#services.size >= MAX_HOSTS || ofSource >= MAX_HOSTS_PER_SOURCE) {
      this.counters.refused++;
      return undefined;
    }
    const made: Service = {
      name,
      source,
      srv: undefined,
      mark: undefined,
      until: now + FIRST_WAIT_MS,
    };
    this.#services.set(name.toLowerCase(), made);
    return made;
  }

  #takeAddress(record: MdnsRecord, { usable }: Origin, now: Millis): void {
    if (record.type !== "A" && record.type !== "AAAA") return;
    const name = record.name.toLowerCase();
    const isAimedAt = [...this.#services.values()].some(({ srv }) => srv?.target === name);
    const address = isAimedAt ? usable(record.address) : undefined;
    if (address === undefined) return;
    let target = this.#targets.get(name);
    if (target === undefined) {
      if (this.#targets.size >= MAX_TARGETS) {
        this.counters.refused++;
        return;
      }
      target = { addresses: new Map() };
      this.#targets.set(name, target);
    }
    const { addresses } = target;
    if (record.ttl === 0) addresses.delete(address);
    else if (addresses.has(address) || addresses.size < MAX_ADDRESSES)
      addresses.set(address, untilOf(record.ttl, now));
    else this.counters.refused++;
  }

  /** Lets go of what is over. */
  #forget(now: Millis): void {
    for (const [name, { until }] of this.#services) if (until <= now) this.#services.delete(name);
    const aimedAt = new Set([...this.#services.values()].map(({ srv }) => srv?.target));
    for (const [name, { addresses }] of this.#targets) {
      for (const [address, until] of addresses) if (until <= now) addresses.delete(address);
      if (addresses.size === 0 || !aimedAt.has(name)) this.#targets.delete(name);
    }
  }
}

function untilOf(ttl: number, now: Millis): Millis {
  return now + Math.min(ttl, MAX_TTL) * SECOND_MS;
}

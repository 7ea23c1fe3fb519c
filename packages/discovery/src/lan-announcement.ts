import { randomBytes } from "node:crypto";
import { Announcer, type OutgoingMessage } from "./announcer.ts";
import { Driver } from "./driver.ts";
import type { InterfaceOptions, LanInterface } from "./interfaces.ts";
import { type LinkCounters, MdnsLink } from "./link.ts";
import { makeMark } from "./mark.ts";
import type { MdnsRecord } from "./message.ts";

/** What a host makes known of itself. */
export interface AnnounceOptions extends InterfaceOptions {
  /** What the machine is called; another machine's name gets a number at its end. */
  readonly name: string;
  readonly wavryId: string;
  /** The UDP port of its sessions. */
  readonly port: number;
  /** The name that it has now, at first and after a conflict. */
  readonly onName?: ((name: string) => void) | undefined;
}

/** A host that the local network knows of, until it is disposed of, with a good-bye (spec/discovery.md). */
export class LanAnnouncement implements AsyncDisposable {
  readonly #announcer: Announcer;
  readonly #target = `wavry-${randomBytes(6).toString("hex")}`;
  readonly #onName: ((name: string) => void) | undefined;
  readonly #driver: Driver;
  #link: MdnsLink | undefined;
  #told: string | undefined;
  #closed: Promise<void> | undefined;

  /** Rejects with DiscoveryError where multicast DNS cannot be spoken here. */
  static async open(options: AnnounceOptions): Promise<LanAnnouncement> {
    const announcement = new LanAnnouncement(options);
    const { loopback, only } = options;
    const events = {
      onMessage: (message: Parameters<Announcer["receive"]>[0]) => {
        announcement.#announcer.receive(message, performance.now());
        announcement.#driver.drain();
      },
      onInterfaces: () => {
        announcement.#announcer.announce(performance.now());
        announcement.#driver.drain();
      },
    };
    announcement.#link = await MdnsLink.open(events, { loopback, only });
    announcement.#driver.drain();
    return announcement;
  }

  private constructor({ name, wavryId, port, onName }: AnnounceOptions) {
    this.#onName = onName;
    this.#announcer = new Announcer(
      { name, port, mark: makeMark(wavryId), target: this.#target, random: Math.random },
      performance.now(),
    );
    this.#driver = new Driver(this.#announcer, () => this.#flush());
  }

  /** The name that it has; undefined while it looks for a free one. */
  get name(): string | undefined {
    return this.#announcer.isAnnounced ? this.#announcer.label : undefined;
  }

  /** As of now. */
  get counters(): Readonly<LinkCounters> {
    return { ...this.#link!.counters };
  }

  /** Says good-bye. Idempotent. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#driver[Symbol.dispose]();
    this.#announcer.end();
    for (let next = this.#announcer.pollTransmit(); next; next = this.#announcer.pollTransmit())
      await this.#send(next);
    await this.#link?.[Symbol.asyncDispose]();
  }

  #flush(): void {
    if (this.#link === undefined) return;
    for (let next = this.#announcer.pollTransmit(); next; next = this.#announcer.pollTransmit())
      void this.#send(next);
    const { name } = this;
    if (name === undefined || name === this.#told) return;
    this.#told = name;
    this.#onName?.(name);
  }

  async #send(message: OutgoingMessage): Promise<void> {
    const { addressesOf: name, addressTtl: ttl } = message;
    await this.#link?.send(message, (on) =>
      name === undefined ? [] : addressRecords(name, ttl, on),
    );
  }
}

function addressRecords(name: string, ttl: number, { ipv4, ipv6 }: LanInterface): MdnsRecord[] {
  return [
    ...ipv4.map((address) => ({ name, ttl, flush: true, type: "A" as const, address })),
    ...ipv6.map((address) => ({ name, ttl, flush: true, type: "AAAA" as const, address })),
  ];
}

import { Browser, type BrowserCounters, type LanHost } from "./browser.ts";
import { Driver } from "./driver.ts";
import {
  type InterfaceOptions,
  interfaceOf,
  isLinkLocalV6,
  isLocal,
  type LanInterface,
} from "./interfaces.ts";
import { type LinkCounters, type LinkSender, MdnsLink } from "./link.ts";

/** How a browser is opened. */
export interface LanBrowserOptions extends InterfaceOptions {
  /** Whenever `hosts` may have changed. */
  readonly onChange?: (() => void) | undefined;
}

/** Knows the hosts of the local network for as long as it is open. */
export class LanBrowser implements AsyncDisposable {
  readonly #browser = new Browser(performance.now());
  readonly #driver: Driver;
  readonly #onChange: (() => void) | undefined;
  #link: MdnsLink | undefined;
  #closed: Promise<void> | undefined;

  /** Rejects with DiscoveryError where multicast DNS cannot be spoken here. */
  static async open({ loopback, onChange }: LanBrowserOptions = {}): Promise<LanBrowser> {
    const opened = new LanBrowser(onChange);
    const events = {
      onMessage: (...heard: [Parameters<Browser["receive"]>[0], LinkSender]) =>
        opened.#take(...heard),
      onInterfaces: () => {
        opened.#browser.restart(performance.now());
        opened.#driver.drain();
      },
    };
    opened.#link = await MdnsLink.open(events, { loopback });
    opened.#driver.drain();
    return opened;
  }

  private constructor(onChange: (() => void) | undefined) {
    this.#onChange = onChange;
    this.#driver = new Driver(this.#browser, () => {
      for (let next = this.#browser.pollTransmit(); next; next = this.#browser.pollTransmit())
        void this.#link?.send(next);
    });
  }

  /** As of now; sorted by name. */
  get hosts(): readonly LanHost[] {
    return this.#browser
      .hosts(performance.now())
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  /** As of now. */
  get counters(): Readonly<LinkCounters & BrowserCounters> {
    return { ...this.#link!.counters, ...this.#browser.counters };
  }

  /** Idempotent. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= (async () => {
      this.#driver[Symbol.dispose]();
      await this.#link?.[Symbol.asyncDispose]();
    })();
    return this.#closed;
  }

  #take(message: Parameters<Browser["receive"]>[0], { address: source, on }: LinkSender): void {
    const interfaces = this.#link?.interfaces ?? [];
    const usable = (address: string): string | undefined => usableAddress(address, on, interfaces);
    this.#browser.receive(message, { source, usable }, performance.now());
    this.#driver.drain();
    if (message.isResponse) this.#onChange?.();
  }
}

/** Nothing that a stranger says makes this machine send to somebody far away. */
function usableAddress(
  address: string,
  on: LanInterface,
  interfaces: readonly LanInterface[],
): string | undefined {
  if (isLinkLocalV6(address)) return `${address}%${on.name}`;
  if (isLocal(address)) return address;
  return interfaceOf(address, interfaces) === undefined ? undefined : address;
}

import { Internet, SERVER_ADDRESSES } from "./internet.ts";
import { SITE_KINDS, type SiteKind } from "./kinds.ts";
import type { NetNamespace } from "./namespace.ts";
import { Site, type SiteOptions } from "./site.ts";

/** An internet with a server and any number of sites, made of network namespaces. Dispose removes everything. */
export class NatLab implements AsyncDisposable {
  /** Where STUN, gateway and relay run: its addresses are `SERVER_ADDRESSES`. */
  readonly server: NetNamespace;
  readonly #internet: Internet;
  readonly #sites = new Set<Promise<Site>>();
  #isOpen = true;

  private constructor(internet: Internet, server: NetNamespace) {
    this.#internet = internet;
    this.server = server;
  }

  /** Rejects where `labObstacle` has something to say. */
  static async open(): Promise<NatLab> {
    const internet = await Internet.open();
    let server: NetNamespace | undefined;
    try {
      server = await internet.namespace.openSibling("server");
      await internet.attach(server, SERVER_ADDRESSES);
    } catch (error) {
      await server?.[Symbol.asyncDispose]();
      await internet[Symbol.asyncDispose]();
      throw error;
    }
    return new NatLab(internet, server);
  }

  /** Opens a site, which goes with the laboratory at the latest. Several may be opened at once. */
  openSite(kind: SiteKind, options: SiteOptions = {}): Promise<Site> {
    if (!this.#isOpen) throw new Error("the laboratory is closed");
    const opening = Site.open(this.#internet, kind, SITE_KINDS[kind], options);
    this.#sites.add(opening);
    return opening;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    const sites = await Promise.allSettled([...this.#sites]);
    this.#sites.clear();
    await Promise.all(
      sites.map(async (site) => {
        if (site.status === "fulfilled") await site.value[Symbol.asyncDispose]();
      }),
    );
    await this.server[Symbol.asyncDispose]();
    await this.#internet[Symbol.asyncDispose]();
  }
}

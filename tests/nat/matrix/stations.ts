import type { SiteKind } from "../lab/index.ts";
import type { Backbone } from "./backbone.ts";
import { type Cell, pairCell } from "./cells.ts";
import { Places, type Spot } from "./places.ts";
import type { Remote } from "./remote.ts";
import type { Pair } from "./trial.ts";

/** A host and a client, each at home behind a NAT of its own. */
export interface Homes {
  readonly host: Spot;
  readonly client: Spot;
  readonly pair: Pair;
}

/** Hosts and clients at their places, each started when it is needed first. Dispose ends them. */
export class Stations implements AsyncDisposable {
  readonly #places: Places;
  readonly #backbone: Backbone;
  readonly #remotes = new Map<string, Promise<Remote>>();

  constructor(backbone: Backbone) {
    this.#backbone = backbone;
    this.#places = new Places(backbone.lab);
  }

  /** Both of a cell; a host is in its gateway then. */
  async pair({ hostAt, clientAt }: Cell): Promise<Pair> {
    const [host, client] = await Promise.all([
      this.#remote(hostAt, "host-program.ts"),
      this.#remote(clientAt, "client-program.ts"),
    ]);
    return { host, client, hostId: await host.ask<string>("about") };
  }

  /** Both of a pair of one kind, with where they are. */
  async homes(kind: SiteKind): Promise<Homes> {
    const cell = pairCell(kind, kind);
    const [host, client, pair] = await Promise.all([
      this.#places.spot(cell.hostAt),
      this.#places.spot(cell.clientAt),
      this.pair(cell),
    ]);
    return { host, client, pair };
  }

  /** Ends what stands at a place. */
  async end(place: string): Promise<void> {
    const remote = await this.#remotes.get(place);
    this.#remotes.delete(place);
    await remote?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#remotes.keys()].map((place) => this.end(place)));
  }

  #remote(place: string, program: "host-program.ts" | "client-program.ts"): Promise<Remote> {
    let starting = this.#remotes.get(place);
    if (starting === undefined) {
      starting = this.#start(place, program);
      this.#remotes.set(place, starting);
    }
    return starting;
  }

  async #start(place: string, program: "host-program.ts" | "client-program.ts"): Promise<Remote> {
    const { machine } = await this.#places.spot(place);
    const remote = this.#backbone.start(machine.namespace, program);
    // Nothing is measured while it loads.
    await remote.ask(program === "host-program.ts" ? "about" : "standing");
    return remote;
  }
}

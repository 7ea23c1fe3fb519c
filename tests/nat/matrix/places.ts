import type { Machine, NatLab, Site, SiteKind, SiteOptions } from "../lab/index.ts";
import type { Neighbours } from "../theory.ts";

/** A machine, and what the internet sees of it. */
export interface Spot {
  readonly machine: Machine;
  /** An IPv4 address; undefined without. */
  readonly external: string | undefined;
}

const IN_ONE_SITE: Readonly<Partial<Record<Neighbours, SiteOptions>>> = {
  "one-lan": { machines: 2 },
  "isolated-hairpin-on": { machines: 2, isolated: true, hairpins: true },
  "isolated-hairpin-off": { machines: 2, isolated: true },
};

/** Opens the sites that places of cells need, once each. */
export class Places {
  readonly #lab: NatLab;
  readonly #spots = new Map<string, Promise<Spot>>();

  constructor(lab: NatLab) {
    this.#lab = lab;
  }

  /** What is at a place of a cell. */
  spot(place: string): Promise<Spot> {
    if (!this.#spots.has(place)) this.#open(place);
    return this.#spots.get(place)!;
  }

  #open(place: string): void {
    const [first, second] = place.split(" ") as [string, string];
    if (first === "host" || first === "client") {
      this.#spots.set(
        place,
        this.#lab.openSite(second as SiteKind).then((site) => spotOf(site)),
      );
      return;
    }
    const both = this.#openNeighbours(first as Neighbours);
    for (const index of [0, 1]) {
      const spot = both.then((spots) => spots[index]!);
      // Where it fails, maybe only one of them is asked for.
      spot.catch(() => {});
      this.#spots.set(`${first} ${index + 1}`, spot);
    }
  }

  async #openNeighbours(name: Neighbours): Promise<readonly Spot[]> {
    const options = IN_ONE_SITE[name];
    if (options !== undefined) {
      const site = await this.#lab.openSite("port-restricted", options);
      return site.machines.map((machine) => spotOf(site, machine));
    }
    const carrierHairpins = name === "one-carrier-hairpin-on";
    const first = await this.#lab.openSite("double-nat", { carrierHairpins });
    const second = await this.#lab.openSite("port-restricted", { behindCarrierOf: first });
    return [spotOf(first), spotOf(second)];
  }
}

function spotOf({ machine, external }: Site, other: Machine = machine): Spot {
  return { machine: other, external };
}

import type { Internet } from "./internet.ts";
import type { SiteShape } from "./kinds.ts";
import type { NetNamespace } from "./namespace.ts";
import type { Nat } from "./nat.ts";
import { WAN } from "./nat-rules.ts";
import { type LanOptions, makeRouter, plugIn } from "./router.ts";

const HOME_LAN = { address: "192.168.1.1", prefixLength: 24 } as const;
const CARRIER_LAN = { address: "100.64.0.1", prefixLength: 10 } as const;
/** The last number in the address of a network's first machine. */
const FIRST_MACHINE = 10;
const MAX_MACHINES = 100;

/** Options of a site. */
export interface SiteOptions {
  /** How many machines stand in it. 1 to 100; default 1. */
  readonly machines?: number;
  /** Its NAT next to the machines hairpins. Default as the kind says: it does not. */
  readonly hairpins?: boolean;
  /** Its carrier's NAT hairpins, between the carrier's subscribers. Default as the kind says: it does not. */
  readonly carrierHairpins?: boolean;
  /** Its machines cannot reach each other directly. Default false. */
  readonly isolated?: boolean;
  /** The lifetime of its NATs' mappings. Default as the kind says. */
  readonly lifetimeSeconds?: number;
  /** IPv6 beside the kind's own IPv4, through a firewall. Default false. */
  readonly withIpv6?: boolean;
  /** Another site of kind `double-nat` whose carrier's NAT this one is behind too. It must outlive this one. */
  readonly behindCarrierOf?: Site;
}

/** A machine at a site. */
export interface Machine {
  readonly namespace: NetNamespace;
  /** Its own addresses, not those that others see. */
  readonly ipv4?: string;
  readonly ipv6?: string;
}

/** A network that more routers or machines can be plugged into. */
interface Network {
  readonly router: NetNamespace;
  readonly lan: LanOptions;
  used: number;
}

/** A place with machines and what is between them and the internet. Dispose removes them and ends their programs. */
export class Site implements AsyncDisposable {
  readonly machines: readonly Machine[];
  /** The IPv4 address that the internet sees; undefined without IPv4. */
  readonly external: string | undefined;
  /** The router next to the machines; undefined: there is none. */
  readonly router: NetNamespace | undefined;
  /** The carrier's network, where there is one. */
  readonly #carrier: Network | undefined;
  readonly #namespaces: readonly NetNamespace[];

  private constructor(
    machines: readonly Machine[],
    external: string | undefined,
    { router, carrier }: { router?: NetNamespace; carrier?: Network | undefined },
    namespaces: readonly NetNamespace[],
  ) {
    this.machines = machines;
    this.external = external;
    this.router = router;
    this.#carrier = carrier;
    this.#namespaces = namespaces;
  }

  /** The only machine, or the first one. */
  get machine(): Machine {
    return this.machines[0]!;
  }

  /** Use `NatLab.openSite`. */
  static async open(
    internet: Internet,
    title: string,
    shape: SiteShape,
    options: SiteOptions,
  ): Promise<Site> {
    const count = options.machines ?? 1;
    if (!Number.isInteger(count) || count < 1 || count > MAX_MACHINES)
      throw new RangeError(`a site has 1 to ${MAX_MACHINES} machines`);
    const made: NetNamespace[] = [];
    const make = async (part: string): Promise<NetNamespace> => {
      const namespace = await internet.namespace.openSibling(`${title} ${part}`);
      made.push(namespace);
      return namespace;
    };
    try {
      if (shape.ipv4 === "public" || shape.ipv6 === "public") {
        const machines: Machine[] = [];
        for (let index = 0; index < count; index++)
          machines.push(await openPublic(internet, await make(`machine ${index + 1}`), shape));
        return new Site(machines, machines[0]!.ipv4, {}, made);
      }
      const { home, external, carrier } = await openRouters(internet, make, shape, options);
      const machines: Machine[] = [];
      for (let index = 0; index < count; index++) {
        const namespace = await make(`machine ${index + 1}`);
        const cable = { number: home.used++, device: "eth0" };
        machines.push({ namespace, ...(await plugIn(home.router, namespace, home.lan, cable)) });
      }
      return new Site(machines, external, { router: home.router, carrier }, made);
    } catch (error) {
      await closeAll(made);
      throw error;
    }
  }

  /** Of another site: where its own router is plugged in. */
  static carrierOf(site: Site): Network {
    if (site.#carrier === undefined) throw new RangeError("that site has no carrier's NAT");
    return site.#carrier;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return closeAll(this.#namespaces);
  }
}

async function closeAll(namespaces: readonly NetNamespace[]): Promise<void> {
  for (const namespace of namespaces.toReversed()) await namespace[Symbol.asyncDispose]();
}

async function openPublic(
  internet: Internet,
  namespace: NetNamespace,
  shape: SiteShape,
): Promise<Machine> {
  const { ipv4, ipv6 } = internet.takeAddresses();
  const own = {
    ...(shape.ipv4 === "public" && { ipv4 }),
    ...(shape.ipv6 === "public" && { ipv6 }),
  };
  await internet.attach(namespace, {
    ipv4: own.ipv4 === undefined ? [] : [own.ipv4],
    ipv6: own.ipv6 === undefined ? [] : [own.ipv6],
  });
  return { namespace, ...own };
}

/** Opens the routers from the internet inwards. */
async function openRouters(
  internet: Internet,
  make: (part: string) => Promise<NetNamespace>,
  shape: SiteShape,
  options: SiteOptions,
): Promise<{ home: Network; external: string | undefined; carrier: Network | undefined }> {
  const nats = typeof shape.ipv4 === "object" ? shape.ipv4 : [];
  const [own, outer] = nats.map((nat) => ({
    ...nat,
    lifetimeSeconds: options.lifetimeSeconds ?? nat.lifetimeSeconds,
  }));
  const nat = own && { ...own, hairpins: options.hairpins ?? own.hairpins };
  const outerNat = outer && { ...outer, hairpins: options.carrierHairpins ?? outer.hairpins };
  const withIpv6 = shape.ipv6 === "firewall" || options.withIpv6 === true;
  const addresses = internet.takeAddresses();
  const lanOptions: LanOptions = {
    ...(nat !== undefined && { ipv4: HOME_LAN }),
    ...(withIpv6 && { ipv6Prefix: addresses.lanIpv6Prefix }),
    isolated: options.isolated ?? false,
  };
  let carrier: Network | undefined;
  if (options.behindCarrierOf !== undefined) carrier = Site.carrierOf(options.behindCarrierOf);
  else if (outerNat !== undefined)
    carrier = await openCarrier(internet, make, outerNat, addresses.ipv4);
  const router = await make("router");
  let external = nat === undefined ? undefined : addresses.ipv4;
  if (carrier === undefined) {
    await internet.attach(router, {
      ipv4: nat === undefined ? [] : [addresses.ipv4],
      ipv6: withIpv6 ? [addresses.ipv6] : [],
      ipv6Networks: withIpv6 ? [`${addresses.lanIpv6Prefix}/64`] : [],
    });
  } else {
    if (withIpv6) throw new RangeError("a site behind a carrier's NAT has no IPv6 here");
    const cable = { number: carrier.used++, device: WAN };
    external = (await plugIn(carrier.router, router, carrier.lan, cable)).ipv4;
  }
  await makeRouter(router, {
    ...lanOptions,
    ...(nat !== undefined && { nat: { nat, external: external! } }),
    passesUdp: nat?.passesUdp ?? true,
  });
  const seen = options.behindCarrierOf?.external ?? (nat && addresses.ipv4);
  return { home: { router, lan: lanOptions, used: FIRST_MACHINE }, external: seen, carrier };
}

async function openCarrier(
  internet: Internet,
  make: (part: string) => Promise<NetNamespace>,
  nat: Nat,
  external: string,
): Promise<Network> {
  const router = await make("carrier");
  // Subscribers of a carrier are not neighbours.
  const lan: LanOptions = { ipv4: CARRIER_LAN, isolated: true };
  await internet.attach(router, { ipv4: [external], ipv6: [] });
  await makeRouter(router, { ...lan, nat: { nat, external }, passesUdp: nat.passesUdp });
  return { router, lan, used: FIRST_MACHINE };
}

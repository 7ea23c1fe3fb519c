import type { SiteKind } from "../lab/index.ts";
import type { Path } from "../theory.ts";
import type { Backbone } from "./backbone.ts";
import { block, lift } from "./blockade.ts";
import type { Homes } from "./stations.ts";
import { connect, type Session } from "./trial.ts";
import { until } from "./until.ts";

/** Where a switch happens. */
export interface Stage {
  readonly backbone: Backbone;
  readonly homes: Homes;
  readonly session: Session;
}

/** Something that happens to a session, which goes on by another path. */
export interface Switch {
  readonly name: string;
  /** Of both homes. */
  readonly kind: SiteKind;
  readonly before: Path;
  readonly after: Path;
  /** Before the session. */
  prepare?(homes: Homes): Promise<void>;
  happen(stage: Stage): Promise<void>;
  /** After the session, whatever became of it; the homes are as they were before. */
  restore?(homes: Homes, backbone: Backbone): Promise<void>;
}

/** What the client's machine gets instead of its own. */
const OTHER_ADDRESS = "192.168.1.77";

/** Each of the kinds. */
export const SWITCHES: readonly Switch[] = [
  {
    ...{ name: "direct-opens", kind: "port-restricted", before: "relay", after: "direct" },
    prepare: part,
    happen: ({ homes }) => join(homes),
    restore: join,
  },
  {
    ...{ name: "direct-dies", kind: "port-restricted", before: "direct", after: "relay" },
    happen: ({ homes }) => part(homes),
    restore: join,
  },
  {
    ...{ name: "address-changes", kind: "port-restricted", before: "direct", after: "direct" },
    happen: ({ homes }) => readdress(homes, OTHER_ADDRESS),
    restore: (homes) => readdress(homes, homes.client.machine.ipv4!),
  },
  {
    ...{ name: "relay-dies", kind: "symmetric", before: "relay", after: "relay" },
    async happen({ backbone, session }) {
      const { remote } = (await session.standings()).host.steps.at(-1)!;
      const relay = backbone.relays.find(({ id }) => id === remote);
      if (relay === undefined) throw new Error(`${remote} is none of the relays`);
      await relay.kill();
    },
    restore: (_homes, backbone) => backbone.reviveRelays(),
  },
];

/**
 * Connects, lets it happen, and waits until both sides use another path of the kind that is expected and data goes both ways. Gives the longest
 * time within which nothing came from the host, in milliseconds. Rejects where the session does not go on.
 */
export async function trySwitch(
  one: Switch,
  { backbone, homes }: Pick<Stage, "backbone" | "homes">,
): Promise<number> {
  try {
    await one.prepare?.(homes);
    const session = await connect(homes.pair);
    await session.settle(one.before);
    const before = (await session.standings()).host.steps.at(-1)!.remote;
    await homes.pair.client.ask("mark");
    await one.happen({ backbone, homes, session });
    await until(
      async () => {
        const { remote } = (await session.standings()).host.steps.at(-1)!;
        return remote !== undefined && remote !== before;
      },
      () => `the host goes another way than ${before}`,
    );
    await session.settle(one.after);
    const { client, host } = await session.standings();
    if (!client.isOpen || !host.isOpen) throw new Error("the session has ended");
    return client.longestGapMillis;
  } finally {
    await homes.pair.client.ask("close");
    await one.restore?.(homes, backbone);
  }
}

/** Nothing comes through between the two homes any more. */
async function part({ host, client }: Homes): Promise<void> {
  await block(host.machine, [client.external!]);
  await block(client.machine, [host.external!]);
}

async function join({ host, client }: Homes): Promise<void> {
  await lift(host.machine);
  await lift(client.machine);
}

async function readdress({ client }: Homes, to: string): Promise<void> {
  await client.machine.namespace.configure({
    ip: [
      "addr flush dev eth0 scope global",
      `addr add ${to}/24 dev eth0`,
      "route replace default via 192.168.1.1 dev eth0",
    ],
  });
}

import type { Path } from "../theory.ts";
import { type Cell, meets, pathOf } from "./cells.ts";
import type { Remote } from "./remote.ts";
import { until } from "./until.ts";
import type { Connected, Standing, Step } from "./words.ts";

/** A host or a client that runs. */
export interface Pair {
  readonly host: Remote;
  /** The host's Wavry ID. */
  readonly hostId: string;
  readonly client: Remote;
}

/** How one session came about. */
export interface Trial {
  /** Undefined: none. */
  readonly first: Path | undefined;
  readonly settled: Path | undefined;
  /** From the client's call to connect, in milliseconds. */
  readonly grantedMillis: number;
  readonly upMillis: number;
  /** Until both sides used the path on which they settled. */
  readonly settledMillis: number;
  /** What went wrong, or was not as theory allows, with what both sides tried. */
  readonly complaint: string | undefined;
}

/** A session that stands. */
export interface Session {
  readonly connected: Connected;
  /** Both sides. */
  standings(): Promise<{ readonly host: Standing; readonly client: Standing }>;
  /** The path that both use now. */
  path(): Promise<Path | undefined>;
  /** Waits until both use this path, and data has come both ways since. */
  settle(path: Path, withinMillis?: number): Promise<void>;
  /** Waits until data has come both ways since now. */
  goesOn(): Promise<void>;
}

/** Waits for a better path for so long; a relay's candidates are checked again each 5 s. */
const SETTLE_MILLIS = 12_000;

/** The client connects to the host. Rejects where it does not. */
export async function connect({ host, hostId, client }: Pair): Promise<Session> {
  const connected = await client.ask<Connected>("connect", hostId);
  const standings: Session["standings"] = async () => ({
    host: await host.ask<Standing>("standing", connected.session),
    client: await client.ask<Standing>("standing"),
  });
  const path = async (): Promise<Path | undefined> => {
    const both = await standings();
    return pathOf([wayOf(both.host), wayOf(both.client)]);
  };
  const goesOn: Session["goesOn"] = async () => {
    const before = await standings();
    let now = before;
    await until(
      async () => {
        now = await standings();
        return (
          now.host.received > before.host.received + 5 &&
          now.client.received > before.client.received + 5
        );
      },
      () => `data goes both ways: ${JSON.stringify([before, now], null, 1)}`,
    );
  };
  const settle: Session["settle"] = async (wanted, withinMillis) => {
    await until(
      async () => (await path()) === wanted,
      () => `both use ${wanted}`,
      withinMillis,
    ).catch(async (error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(await standings(), null, 1)}`);
    });
    await goesOn();
  };
  return { connected, standings, path, settle, goesOn };
}

/** Connects once, waits for what theory allows, and takes the times. */
export async function tryCell(cell: Cell, pair: Pair): Promise<Trial> {
  try {
    const session = await connect(pair);
    const { upMillis, grantedMillis, firstWay } = session.connected;
    let settled = await session.path();
    await until(
      async () => {
        settled = await session.path();
        return meets(settled, cell.best);
      },
      () => "",
      SETTLE_MILLIS,
    ).catch(() => {});
    const { host, client } = await session.standings();
    const isWell = settled === cell.best;
    // The two clocks are one, but a host's steps count from when it heard of the session: the client's say when.
    return {
      first: first(firstWay, host, settled),
      ...{ settled, upMillis, grantedMillis },
      settledMillis: Math.max(upMillis, client.steps.at(-1)?.atMillis ?? 0),
      complaint: isWell
        ? undefined
        : `${settled ?? "nothing"} where theory allows ${cell.best}\n${lines(client.report, host.report)}`,
    };
  } catch (error) {
    const { report } = await pair.client.ask<Standing>("standing");
    return {
      ...{ first: undefined, settled: undefined },
      ...{ grantedMillis: Number.NaN, upMillis: Number.NaN, settledMillis: Number.NaN },
      complaint: `${(error as Error).message}\n${lines(report, [])}`,
    };
  } finally {
    await pair.client.ask("close");
  }
}

/** Over a relay, the host's side says whether by TLS. */
function first(way: Connected["firstWay"], host: Standing, settled: Path | undefined): Path {
  if (!way.startsWith("relay")) return "direct";
  const hostsWay = host.steps.find((step) => step.way?.startsWith("relay"))?.way;
  return pathOf([way, hostsWay ?? way]) ?? settled ?? "relay";
}

function wayOf({ steps }: Standing): Step["way"] {
  return steps.at(-1)?.way;
}

function lines(client: readonly string[], host: readonly string[]): string {
  return [
    ...client.map((line) => `  client: ${line}`),
    ...host.map((line) => `  host: ${line}`),
  ].join("\n");
}

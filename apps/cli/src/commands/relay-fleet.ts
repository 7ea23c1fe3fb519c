import { RELAY_BOUNDS } from "@wavry/relay";
import {
  askGatewayKey,
  describeFleetNews,
  FleetClient,
  FleetError,
  type FleetNews,
  parseMasterUrl,
  type RelayFacts,
  type RelayServer,
} from "@wavry/relay-server";
import type { Identity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { CommandError, ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";

const URL_VARIABLE = "WAVRY_RELAY_MASTER_URL";
const REGION_VARIABLE = "WAVRY_RELAY_REGION";

/** Whether a relay has to be as strict as one that others rely on. */
export function isProduction(): boolean {
  return process.env.NODE_ENV === "production";
}

/** The gateway that is told of the relay: the flag's, else the environment's; undefined: none is. */
export function findMaster(flag: string | undefined): string | undefined {
  const text = flag ?? process.env[URL_VARIABLE]?.trim();
  if (!text) return undefined;
  try {
    return parseMasterUrl(text, isProduction());
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    const name = flag === undefined ? URL_VARIABLE : "--gateway";
    throw new CommandError(`${name}: ${error.message}`, ExitCode.usage);
  }
}

/** For trying things out: the key that the gateway itself tells. */
export async function takeGatewayKey(master: string, output: Output): Promise<Uint8Array> {
  try {
    const key = await askGatewayKey(master);
    output.note(`wavry: took the key of ${master} from itself; give it to a relay in production`);
    return key;
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    throw new CommandError(error.message, undefined, { cause: error });
  }
}

/** In which part of the world the relay is, in the operator's words. */
export function findRegion(flag: string | undefined): string {
  const region = flag ?? process.env[REGION_VARIABLE]?.trim() ?? "";
  if (!/^[a-z0-9-]{0,32}$/.test(region)) {
    const name = flag === undefined ? REGION_VARIABLE : "--region";
    const message = `${name}: lower-case letters, digits and hyphens, such as eu-west`;
    throw new CommandError(message, ExitCode.usage);
  }
  return region;
}

/** Heartbeats that wait for `begin`, and tells what comes of them; `onRefused`: the gateway's leases will never be good here. */
export function prepareFleet(options: {
  readonly identity: Identity;
  readonly gateway: string;
  readonly gatewayKey: Uint8Array;
  readonly facts: RelayFacts;
  readonly server: RelayServer;
  readonly output: Output;
  readonly onRefused: (error: FleetError) => void;
}): FleetClient {
  const { identity, gateway, gatewayKey, facts, server, output, onRefused } = options;
  return new FleetClient({
    ...{ suite: nodeSuite, identity, gateway, gatewayKey, facts },
    figures: () => {
      const { sessions, busy, counters } = server.status;
      const { forwardedBytes } = counters;
      return { sessions, maxSessions: RELAY_BOUNDS.sessions, busy, forwardedBytes };
    },
    onNews: (news) => {
      output.report({ event: "fleet", gateway, ...shortNews(news) });
      if (news.type === "wrong-key" && news.isFirst) onRefused(news.error);
      else if (!output.json)
        output.note(`wavry: ${describeFleetNews(news, identity.wavryId, gateway)}`);
    },
  });
}

function shortNews(news: FleetNews): Readonly<Record<string, unknown>> {
  if (news.type === "state") return { news: news.type, state: news.state };
  if (news.type === "back") return { news: news.type };
  return { news: news.type, code: news.error.code, reason: news.error.message };
}

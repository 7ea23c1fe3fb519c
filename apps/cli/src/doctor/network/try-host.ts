import { hostname } from "node:os";
import { ClientStarter } from "@wavry/client/thread";
import type { PathReport, PathWay } from "@wavry/rift-udp/paths";
import { CommandError } from "../../exit-code.ts";
import { reachHost } from "../../gateway/reach-host.ts";

/** Longer than a search takes to find what there is. */
const SEARCH_MS = 3_000;
/** After a direct path was found: for others to answer, too. */
const AFTER_DIRECT_MS = 500;

/** Which host, and through which gateway. */
export interface TryHostOptions {
  readonly gateway: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Opens a real session without a window at a host of a gateway, lets it search its path, and ends it: what was tried, what answered and after how
 * long, and why a relay is used, if one is. Rejects with CommandError, GatewayError or ConnectError.
 */
export async function tryHost(which: string, options: TryHostOptions): Promise<PathReport> {
  const { signal } = options;
  using reached = await reachHost(which, options);
  const { target, paths } = reached.session;
  await using starter = new ClientStarter();
  paths.onNews = (news) => starter.tellPaths(news);
  const found = Promise.withResolvers<void>();
  const isDirect = (way: PathWay | undefined): boolean => way === "local" || way === "direct";
  await using client = await starter.connect({
    ...{ window: false, name: hostname(), target, signal, reconnect: false },
    paths: { terms: paths.terms, relay: "auto", mapPorts: false },
    onEvent: (event) => {
      if (event.type === "path-signal") paths.say(event.signal);
      else if (event.type === "path" && isDirect(event.path?.way)) found.resolve();
    },
  });
  const timer = setTimeout(found.resolve, SEARCH_MS);
  await Promise.race([found.promise, client.closed]);
  clearTimeout(timer);
  await new Promise((resolve) => setTimeout(resolve, AFTER_DIRECT_MS));
  const report = await client.pathReport();
  if (report === undefined)
    throw new CommandError(`the session with ${which} ended before its path was found`);
  return report;
}

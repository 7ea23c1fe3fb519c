import type { RiftEndpoint } from "@wavry/rift-udp";
import { PathFinder } from "@wavry/rift-udp/paths";
import type { ClientOptions } from "./client-options.ts";

/** Begins to search paths to the host of a gateway's session; undefined where there is none. */
export function startPaths(endpoint: RiftEndpoint, options: ClientOptions): PathFinder | undefined {
  const { paths, target, suite, identity, onEvent } = options;
  if (paths === undefined || target.type !== "device") return undefined;
  const { inbox, ...rest } = paths;
  const finder = new PathFinder({
    ...rest,
    ...{ endpoint, suite, identity, role: "client", peerStatic: target.staticKey },
    say: (signal) => onEvent?.({ type: "path-signal", signal }),
    onUsed: (path) => onEvent?.({ type: "path", path }),
  });
  inbox?.open((news) => finder.take(news));
  return finder;
}

import type { ReachableHost } from "@wavry/signaling";
import { session } from "./session.svelte.ts";

/** Tells the machines at once whenever one comes, goes or changes; gives what ends that. What it takes is loaded later. */
export function watchLive(onHosts: (hosts: ReachableHost[]) => void): () => void {
  let watch: Disposable | undefined;
  let over = false;
  import("@wavry/gateway-client")
    .then(({ watchHosts }) => {
      if (over) return;
      watch = watchHosts({
        url: location.origin,
        onHosts: (hosts) => onHosts([...hosts]),
        onSignedOut: () => session.leave(),
      });
    })
    .catch(() => {
      // The list is asked for now and then besides.
    });
  return () => {
    over = true;
    watch?.[Symbol.dispose]();
  };
}

import type { LanHost } from "@wavry/discovery";
import { mdnsSetting } from "./mdns-setting.ts";

/** Most hosts answer at once; a second question finds those that did not hear the first. */
const LOOK_MS = 1_500;

/** How long, and whether at all. */
export interface LookOptions {
  /** False: `--no-mdns`. */
  readonly mdns: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Ends the look early where it holds for what was found. */
  readonly until?: ((hosts: readonly LanHost[]) => boolean) | undefined;
}

/** What the local network tells of hosts within a moment; anybody in it can have said so. Nothing where multicast DNS cannot be spoken. */
export async function lookAround({
  mdns,
  signal,
  until,
}: LookOptions): Promise<readonly LanHost[]> {
  const setting = mdnsSetting(mdns);
  if (setting === undefined || signal?.aborted === true) return [];
  const { DiscoveryError, LanBrowser } = await import("@wavry/discovery");
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => resolve();
  try {
    await using browser = await LanBrowser.open({
      ...setting,
      onChange: () => {
        if (until?.(browser.hosts) === true) done();
      },
    });
    const timer = setTimeout(done, LOOK_MS);
    signal?.addEventListener("abort", done, { once: true });
    await promise;
    clearTimeout(timer);
    signal?.removeEventListener("abort", done);
    return browser.hosts;
  } catch (error) {
    if (error instanceof DiscoveryError) return [];
    throw error;
  }
}

import type { LanAddress } from "./browser.ts";
import { DiscoveryError } from "./discovery-error.ts";
import type { InterfaceOptions } from "./interfaces.ts";
import { LanBrowser } from "./lan-browser.ts";
import { isMarkOf } from "./mark.ts";

/** More would be a liar's. */
const MAX_FOUND = 16;

/** Whom to look for. */
export interface FindOnLanOptions extends InterfaceOptions {
  readonly wavryId: string;
  /** An address at which somebody says that the host is: only its key proves it. Each is told once, 16 at most. */
  readonly onAddress: (address: LanAddress) => void;
  /** Ends the search. */
  readonly signal: AbortSignal;
}

/** Looks for a host whose Wavry ID is known until the signal; resolves then, or at once where multicast DNS cannot be spoken here. */
export async function findOnLan(options: FindOnLanOptions): Promise<void> {
  const { wavryId, onAddress, signal, loopback } = options;
  if (signal.aborted) return;
  const told = new Set<string>();
  let browser: LanBrowser | undefined;
  const look = (): void => {
    for (const { mark, addresses } of browser?.hosts ?? []) {
      if (mark === undefined || !isMarkOf(mark, wavryId)) continue;
      for (const each of addresses) {
        const written = `${each.address} ${each.port}`;
        if (signal.aborted || told.has(written) || told.size === MAX_FOUND) continue;
        told.add(written);
        onAddress(each);
      }
    }
  };
  try {
    browser = await LanBrowser.open({ loopback, onChange: look });
  } catch (error) {
    if (error instanceof DiscoveryError) return;
    throw error;
  }
  await using _browser = browser;
  if (signal.aborted) return;
  await new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true }),
  );
}

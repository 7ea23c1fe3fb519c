import { setPriority } from "node:os";
import { raiseThreadPriority } from "@wavry/x11";

const HIGH = -10;

/**
 * Lets the calling thread, which carries network and input, run ahead of everything else where that
 * is allowed; encoding and decoding stay in threads of normal priority.
 */
export function prioritizeNetworkThread(): void {
  try {
    if (process.platform === "linux" && raiseThreadPriority()) return;
    setPriority(HIGH);
  } catch {
    // Without the right to do so it works as well, with more jitter under load.
  }
}

import type { ScreenQuality } from "./screen-types.ts";
import type { StreamWishes } from "./session/messages.ts";

/**
 * What the presets ask of the host. "sharp" halves the pictures, so that each has twice the bits; "fast" keeps queues short on
 * a narrow network.
 */
const PRESETS: Readonly<Record<ScreenQuality, Pick<StreamWishes, "maxBitrateBps" | "maxFps">>> = {
  sharp: { maxBitrateBps: 0, maxFps: 30 },
  balanced: { maxBitrateBps: 0, maxFps: 0 },
  fast: { maxBitrateBps: 4_000_000, maxFps: 0 },
};

/** The presets, the best picture first. */
export const QUALITIES: readonly ScreenQuality[] = ["sharp", "balanced", "fast"];

/** The stream settings of a preset. */
export function wishesOf(quality: ScreenQuality): Pick<StreamWishes, "maxBitrateBps" | "maxFps"> {
  return PRESETS[quality];
}

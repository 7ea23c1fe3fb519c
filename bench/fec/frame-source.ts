/** Frames of a video whose coder may not exceed one frame's share of the rate, in sizes that follow from a seed. */
import { seededBytes, seededRandom } from "@wavry/rift-core/testing";

export const FPS = 60;
export const RATE_BPS = 10_000_000;
const SHARE_BYTES = RATE_BPS / 8 / FPS;
/** Sizes are spread evenly between these parts of a frame's share of the rate. */
const LEAST = 0.7;
const MOST = 1.1;
const CONTENT_BYTES = 1 << 16;

/** Gives one frame after the other; each is a view of the same bytes elsewhere, borrowed for good. */
export function frameSource(seed: number): () => Uint8Array {
  const random = seededRandom(seed);
  const content = seededBytes(seed)(CONTENT_BYTES);
  return () => {
    const bytes = Math.round(SHARE_BYTES * (LEAST + (MOST - LEAST) * random()));
    const start = Math.floor(random() * (CONTENT_BYTES - bytes));
    return content.subarray(start, start + bytes);
  };
}

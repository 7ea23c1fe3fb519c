import { seededRandom } from "./random.ts";

/** Which packets a lab link loses on the way. */
export type LinkLoss =
  | { readonly kind: "random" /** Share of packets, 0..1. */; readonly ratio: number }
  | {
      readonly kind: "gilbert-elliott";
      /** Share of packets on average, 0 to below 1. */
      readonly ratio: number;
      /** Mean length of a burst in packets, from 1 on. */
      readonly burst: number;
    };

/** Gives for each packet in turn whether it is lost. Throws RangeError. */
export function lossPattern(loss: LinkLoss, seed: number): () => boolean {
  const random = seededRandom(seed);
  const { ratio } = loss;
  if (!(ratio >= 0 && ratio <= 1)) throw new RangeError(`${ratio} is no share of packets`);
  if (ratio === 0) return () => false;
  if (loss.kind === "random") return () => random() < ratio;
  const { burst } = loss;
  if (!(burst >= 1)) throw new RangeError(`a burst of ${burst} packets is too short`);
  if (ratio === 1) return () => true;
  const toGood = 1 / burst;
  const toBad = ratio / (burst * (1 - ratio));
  if (toBad > 1) throw new RangeError("bursts this short cannot lose so much");
  // Begins as after a long time.
  let bad = random() < ratio;
  return () => {
    bad = bad ? random() >= toGood : random() < toBad;
    return bad;
  };
}

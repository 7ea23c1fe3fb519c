/** Fixed redundancy without requests, for comparison: which frames a code would have completed. */
import { MAX_FRAGMENT_BYTES } from "@wavry/rift-core";
import { LabLink, type LinkLoss } from "@wavry/rift-core/testing";
import { FPS, frameSource, RATE_BPS } from "./frame-source.ts";

/** A packet of a frame: one of its `data` fragments, or parity behind them. */
interface Piece {
  readonly frame: number;
  readonly index: number;
}

/** What a code makes of a frame of so many fragments. */
export interface FixedCode {
  readonly name: string;
  /** Parity packets that it adds. */
  parity(data: number): number;
  /** Whether the frame is whole, with these of its packets arrived (data first, then parity). */
  isWhole(arrived: Uint8Array, data: number): boolean;
}

const GROUP = 7;

/** A parity after each seven fragments in a row, as in the plainest XOR schemes. */
export const xor7: FixedCode = {
  name: "xor7",
  parity: (data) => Math.ceil(data / GROUP),
  isWhole: (arrived, data) => {
    for (let group = 0; group * GROUP < data; group++) {
      let lost = arrived[data + group] === 1 ? 0 : 1;
      for (let index = group * GROUP; index < Math.min(data, (group + 1) * GROUP); index++)
        if (arrived[index] === 0) lost += 1;
      const dataLost = lost - (arrived[data + group] === 1 ? 0 : 1);
      if (dataLost > 0 && lost > 1) return false;
    }
    return true;
  },
};

/** Reed–Solomon over the frame with a fifth of parity: whole as soon as as many packets arrived as it has fragments. */
export const rs20: FixedCode = {
  name: "rs20",
  parity: (data) => Math.ceil(data * 0.2),
  isWhole: (arrived, data) => arrived.reduce((sum, one) => sum + one, 0) >= data,
};

/** Plays frames over a lossy link; a frame that is whole at all is whole in time, as nothing waits. */
export function playFixedCode(
  code: FixedCode,
  options: { loss: LinkLoss; seed: number; frames: number; warmUp: number },
): { onTime: number; mediaBytes: number; extraBytes: number } {
  const { loss, seed, frames, warmUp } = options;
  const link = new LabLink<Piece>({ seed: seed * 2 + 1, loss });
  const nextFrame = frameSource(seed);
  const packetMicros = (1200 * 8e6) / (RATE_BPS * 3);
  let onTime = 0;
  let mediaBytes = 0;
  let extraBytes = 0;
  for (let frame = 1; frame <= warmUp + frames; frame++) {
    const start = Math.round((frame * 1e6) / FPS);
    const data = Math.ceil(nextFrame().length / MAX_FRAGMENT_BYTES);
    const parity = code.parity(data);
    const arrived = new Uint8Array(data + parity);
    for (let index = 0; index < arrived.length; index++)
      link.send({ frame, index }, 1200, Math.round(start + index * packetMicros));
    for (;;) {
      const at = link.nextArrival();
      if (at === undefined) break;
      const got = link.receive(at);
      if (got?.item.frame === frame) arrived[got.item.index] = 1;
    }
    if (frame <= warmUp) continue;
    mediaBytes += data * 1200;
    extraBytes += parity * 1200;
    if (code.isWhole(arrived, data)) onTime++;
  }
  return { onTime, mediaBytes, extraBytes };
}

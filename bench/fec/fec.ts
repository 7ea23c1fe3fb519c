/** `npm run bench -- fec`: frames complete by their deadline on lossy links, and what that costs. */
import type { LinkLoss } from "@wavry/rift-core/testing";
import type { BenchOptions } from "../lib/arguments.ts";
import type { Benchmark, Report } from "../lib/benchmark.ts";
import { progress } from "../lib/progress.ts";
import { type Row, valueRow } from "../lib/rows.ts";
import { playFixedCode, rs20, xor7 } from "./fixed-code.ts";
import { playFlow } from "./recovery-flow.ts";

const DEFAULT_FRAMES = 20_000;
const WARM_UP_FRAMES = 600;
const BURST = 4;
const RTT_MILLIS: readonly number[] = [5, 30, 150];
const RANDOM: readonly number[] = [0.1, 1, 3, 10];
const GILBERT_ELLIOTT: readonly number[] = [1, 2, 5];
/** Where nothing can be asked for, what plain XOR 7+1 spends. */
const XOR7_SHARE = 0.145;
/** As DELTA allows it. */
const redundancyOf = (lossRatio: number): number => Math.min(0.5, 0.05 + 2 * lossRatio);

interface Case {
  readonly name: string;
  readonly loss: LinkLoss;
}

const CASES: readonly Case[] = [
  ...RANDOM.map((percent) => ({
    name: `random${percent}`,
    loss: { kind: "random", ratio: percent / 100 } as const,
  })),
  ...GILBERT_ELLIOTT.map((percent) => ({
    name: `ge${percent}`,
    loss: { kind: "gilbert-elliott", ratio: percent / 100, burst: BURST } as const,
  })),
];

async function run(options: BenchOptions): Promise<Report> {
  const frames = options.n ?? DEFAULT_FRAMES;
  const rows: Row[] = [];
  for (const { name, loss } of CASES)
    for (const rtt of RTT_MILLIS) {
      if (options.cases !== undefined && !options.cases.includes(name)) continue;
      progress(`${name}/rtt${rtt}`);
      const common = { loss, seed: 1, frames, warmUp: WARM_UP_FRAMES };
      const redundancy = rtt > 50 ? () => XOR7_SHARE : redundancyOf;
      const flow = playFlow({ ...common, rttMicros: rtt * 1000, redundancy });
      const results = [
        { name: "delta", ...flow },
        { name: xor7.name, ...playFixedCode(xor7, common) },
        { name: rs20.name, ...playFixedCode(rs20, common) },
      ];
      for (const { name: scheme, onTime, mediaBytes, extraBytes } of results) {
        const key = { bench: "fec", case: `${name}/rtt${rtt}/${scheme}`, unit: "share" };
        rows.push(valueRow({ ...key, metric: "on_time" }, onTime / frames, frames));
        rows.push(valueRow({ ...key, metric: "overhead" }, extraBytes / mediaBytes, frames));
      }
    }
  return {
    rows,
    footer: [
      "on_time: frames complete within 50 ms of the way there; overhead: bytes besides the frames' own, requests included",
      "60 frames a second at 10 Mbps; losses hit requests too; ge: Gilbert-Elliott, bursts of 4 packets on average",
      "xor7: a parity after each 7 fragments; rs20: Reed-Solomon over the frame, 20 %; neither asks. At 150 ms delta may spend what xor7 does",
    ],
    failures: [],
  };
}

export const fec: Benchmark = {
  name: "fec",
  summary: "frames complete by their deadline on lossy links, against overhead",
  run,
};

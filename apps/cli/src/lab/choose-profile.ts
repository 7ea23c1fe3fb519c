import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  LAB_PROFILES,
  LabLink,
  type LabLinkOptions,
  type LabProfile,
  labProfile,
  parseMahimahi,
} from "@wavry/rift-core/testing";
import { CommandError, ExitCode } from "../exit-code.ts";

/** What changes a profile; each one replaces what the profile says. */
export interface LinkWishes {
  /** Bits a second, each way. */
  readonly rate?: number;
  /** A mahimahi file for the way from the host to the client. */
  readonly trace?: string;
  readonly rttMs?: number;
  /** Depth of the drop-tail queue, each way. */
  readonly queueMs?: number;
  readonly jitterMs?: number;
  /** Percent, each way. */
  readonly loss?: number;
  /** Mean length of a burst of losses in packets. */
  readonly burst?: number;
  /** The folder of the traces of the LTE profiles. */
  readonly traces?: string;
}

const DEFAULT_TRACES = fileURLToPath(new URL("../../../../../shared/traces", import.meta.url));
const DEFAULT_QUEUE_MS = 200;
const TRACE_QUEUE_MS = 2_000;

/** The link that is asked for; without a name it is perfect but for the wishes. Throws CommandError. */
export function chooseProfile(name: string | undefined, wishes: LinkWishes): LabProfile {
  const profile = name === undefined ? perfect() : namedProfile(name, wishes.traces);
  const { rttMs } = wishes;
  const result = {
    ...profile,
    rttMicros: rttMs === undefined ? profile.rttMicros : rttMs * 1000,
    forward: changed(profile.forward, wishes, wishes.trace),
    backward: changed(profile.backward, wishes, undefined),
  };
  try {
    new LabLink(result.forward);
    new LabLink(result.backward);
  } catch (cause) {
    throw new CommandError((cause as Error).message, ExitCode.usage, { cause });
  }
  return result;
}

function namedProfile(name: string, folder = DEFAULT_TRACES): LabProfile {
  if (!LAB_PROFILES.includes(name))
    throw new CommandError(`no link is called ${name}; wavry lab list names them`, ExitCode.usage);
  return labProfile(name, {
    traces: (file) =>
      readTrace(join(folder, file), `${name} needs a trace; give its folder with --traces: `),
  });
}

function readTrace(file: string, before = ""): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const problem = code === "ENOENT" ? "is not there" : "cannot be read";
    throw new CommandError(`${before}${file} ${problem}`, ExitCode.failed, { cause });
  }
}

function perfect(): LabProfile {
  return {
    name: "own",
    summary: "a link of your own",
    forward: { seed: 1 },
    backward: { seed: 2 },
    rttMicros: 0,
    seconds: 60,
  };
}

function changed(
  link: LabLinkOptions,
  wishes: LinkWishes,
  trace: string | undefined,
): LabLinkOptions {
  const { rate, rttMs, queueMs, jitterMs, loss, burst } = wishes;
  let result = link;
  if (rate !== undefined)
    result = {
      ...result,
      rate: { kind: "fixed", bps: rate },
      queue: result.queue ?? { kind: "drop-tail", maxMicros: DEFAULT_QUEUE_MS * 1000 },
    };
  if (trace !== undefined)
    result = {
      ...result,
      rate: traceRate(trace),
      queue: { kind: "drop-tail", maxMicros: TRACE_QUEUE_MS * 1000 },
    };
  if (queueMs !== undefined)
    result = { ...result, queue: { kind: "drop-tail", maxMicros: queueMs * 1000 } };
  if (rttMs !== undefined) result = { ...result, delayMicros: rttMs * 500 };
  if (jitterMs !== undefined)
    result = { ...result, jitterMicros: jitterMs * 1000, jitterKeepsOrder: true };
  if (loss !== undefined || burst !== undefined) {
    const ratio = loss === undefined ? (result.loss?.ratio ?? 0) : loss / 100;
    result = {
      ...result,
      loss:
        burst === undefined ? { kind: "random", ratio } : { kind: "gilbert-elliott", ratio, burst },
    };
  }
  return result;
}

function traceRate(file: string): ReturnType<typeof parseMahimahi> {
  const text = readTrace(file);
  try {
    return parseMahimahi(text);
  } catch (cause) {
    throw new CommandError(`${file}: ${(cause as Error).message}`, ExitCode.failed, { cause });
  }
}

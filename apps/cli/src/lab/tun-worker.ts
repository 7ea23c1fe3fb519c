/** Carries packets between two TUN interfaces through a lab link; a thread of its own that sleeps in ppoll. */
import { parentPort, workerData } from "node:worker_threads";
import type { LabProfile } from "@wavry/rift-core/testing";
import { nowMicros } from "./clock.ts";
import { allowsMark, isIpv4, markCongestion } from "./ip-packet.ts";
import { type Direction, LabPath } from "./lab-path.ts";
import type { PathFigures } from "./print-figures.ts";
import { FdWaiter, readPacket, writePacket } from "./tun.ts";

/** What the worker is started with. */
export interface TunWorkerData {
  readonly hostFd: number;
  readonly clientFd: number;
  readonly profile: LabProfile;
  readonly seed: number;
  /** Word 0: not zero ends the thread. */
  readonly control: SharedArrayBuffer;
}

/** What it tells, every second and at its end. */
export interface TunFigures extends PathFigures {
  /** Packets that the kernel did not take. */
  readonly sendErrors: number;
}

const LONGEST_SLEEP_MICROS = 50_000;
const FIGURES_MICROS = 1_000_000;
const BATCH = 64;
const MAX_PACKET_BYTES = 65_536;

const { hostFd, clientFd, profile, seed, control } = workerData as TunWorkerData;
const word = new Int32Array(control);
const waiter = new FdWaiter([hostFd, clientFd]);
const scratch = new Uint8Array(MAX_PACKET_BYTES);
let path: LabPath<Uint8Array> | undefined;
let lateMicros = 0;
let sendErrors = 0;

function take(direction: Direction, fd: number): void {
  for (let count = 0; count < BATCH; count++) {
    const packet = readPacket(fd, scratch);
    if (packet === undefined) return;
    if (!isIpv4(packet)) continue;
    const now = nowMicros();
    path ??= new LabPath({ profile, seed, startAt: now });
    path.send(direction, packet, { bytes: packet.length, ecnCapable: allowsMark(packet), now });
  }
}

function give(now: number): void {
  path?.advance(now, (direction, packet, at, marked) => {
    if (marked) markCongestion(packet);
    lateMicros = Math.max(lateMicros, now - at);
    if (!writePacket(direction === "forward" ? clientFd : hostFd, packet)) sendErrors++;
  });
}

function tell(now: number): void {
  parentPort?.postMessage({
    lateMicros,
    sendErrors,
    forward: path?.figures("forward", now),
    backward: path?.figures("backward", now),
  } satisfies TunFigures);
  lateMicros = 0;
}

let figuresAt = nowMicros() + FIGURES_MICROS;
while (Atomics.load(word, 0) === 0) {
  const until = Math.min(path?.nextAt() ?? Infinity, figuresAt) - nowMicros();
  waiter.wait(Math.min(until, LONGEST_SLEEP_MICROS));
  take("forward", hostFd);
  take("backward", clientFd);
  const now = nowMicros();
  give(now);
  if (now < figuresAt) continue;
  figuresAt = now + FIGURES_MICROS;
  tell(now);
}
tell(nowMicros());

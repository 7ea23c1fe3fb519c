import type { Micros } from "../micros.ts";
import { CubicFlow, type CubicSegment } from "./cubic-flow.ts";
import { LabLink } from "./lab-link.ts";
import type { LabProfile } from "./lab-profiles.ts";
import type { MediaFlow, MediaPacket, ReportPacket } from "./media-flow.ts";

/** A packet of the competing TCP flow. */
interface TcpPacket {
  readonly kind: "tcp";
  readonly segment: CubicSegment;
}

/** What went through the link in each tenth of a second. */
export interface LinkSample {
  readonly at: Micros;
  readonly capacityBytes: number;
  /** Delivered, by flow. */
  readonly bytes: readonly number[];
  readonly tcpBytes: number;
  /** The most that a packet of ours waited. */
  readonly queuedMicros: Micros;
}

/** What a run gave. */
export interface FlowsResult {
  readonly samples: readonly LinkSample[];
  /** How long each packet waited in the link's queue. */
  readonly queuedMicros: readonly number[];
  readonly capacityBytes: number;
  readonly deliveredBytes: readonly number[];
  readonly tcpBytes: number;
}

const SAMPLE_MICROS: Micros = 100_000;

/** Runs to `until`, and a little longer so that what is under way arrives. */
export function simulateFlows(
  profile: LabProfile,
  flows: readonly MediaFlow[],
  options: { readonly from: Micros; readonly until: Micros; readonly seed: number },
): FlowsResult {
  const { from, until, seed } = options;
  const forward = new LabLink<MediaPacket | TcpPacket>({
    ...profile.forward,
    startAt: from,
    seed: seed * 2 + 1,
  });
  const backward = new LabLink<ReportPacket | TcpPacket>({
    ...profile.backward,
    startAt: from,
    seed: seed * 2 + 2,
  });
  const tcp = profile.crossTraffic === "cubic" ? new CubicFlow({ startAt: from }) : undefined;
  const byId = new Map(flows.map((flow) => [flow.id, flow]));
  const samples: LinkSample[] = [];
  const queuedMicros: number[] = [];
  const delivered = flows.map(() => 0);
  const total = flows.map(() => 0);
  let tcpBytes = 0;
  let tcpTotal = 0;
  let sampleAt = from + SAMPLE_MICROS;
  let longest = 0;
  let now = from;
  const end = until + 2_000_000;
  while (now < end) {
    for (const flow of flows) {
      for (let packet = flow.pollMedia(now); packet !== undefined; packet = flow.pollMedia(now))
        forward.send(packet, packet.bytes, now, { ecnCapable: true });
      for (let report = flow.pollReport(now); report !== undefined; report = flow.pollReport(now))
        backward.send(report, report.bytes, now);
    }
    for (let out = tcp?.pollTransmit(now); out !== undefined; out = tcp?.pollTransmit(now))
      (out.forward ? forward : backward).send({ kind: "tcp", segment: out.item }, out.bytes, now);
    let next = Math.min(
      forward.nextArrival() ?? Infinity,
      backward.nextArrival() ?? Infinity,
      tcp?.pollTimeout() ?? Infinity,
      sampleAt,
    );
    for (const flow of flows) next = Math.min(next, flow.pollTimeout());
    now = Math.max(now, Math.ceil(next));
    for (let got = forward.receive(now); got !== undefined; got = forward.receive(now)) {
      const { item } = got;
      if (item.kind === "tcp") {
        if (item.segment.kind === "data") tcpBytes += item.segment.bytes;
        tcp?.receive(item.segment, now);
        continue;
      }
      const index = flows.findIndex(({ id }) => id === item.flow);
      delivered[index]! += item.bytes;
      if (got.queuedMicros > longest) longest = got.queuedMicros;
      queuedMicros.push(got.queuedMicros);
      flows[index]!.receiveMedia(item, got.marked, now);
    }
    for (let got = backward.receive(now); got !== undefined; got = backward.receive(now)) {
      const { item } = got;
      if (item.kind === "tcp") tcp?.receive(item.segment, now);
      else byId.get(item.flow)!.receiveReport(item, now);
    }
    for (const flow of flows) if (flow.pollTimeout() <= now) flow.handleTimeout(now);
    if (tcp !== undefined && tcp.pollTimeout() <= now) tcp.handleTimeout(now);
    if (now < sampleAt) continue;
    if (sampleAt <= until) {
      samples.push({
        at: sampleAt - from,
        capacityBytes: forward.capacityBytes(sampleAt - SAMPLE_MICROS, sampleAt),
        bytes: [...delivered],
        tcpBytes,
        queuedMicros: longest,
      });
      for (const index of total.keys()) total[index]! += delivered[index]!;
      tcpTotal += tcpBytes;
    }
    delivered.fill(0);
    tcpBytes = 0;
    longest = 0;
    sampleAt += SAMPLE_MICROS;
  }
  return {
    samples,
    queuedMicros,
    capacityBytes: forward.capacityBytes(from, until),
    deliveredBytes: total,
    tcpBytes: tcpTotal,
  };
}

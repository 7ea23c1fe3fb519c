/** Seeded helpers for tests and benchmarks: emulated links in virtual time, and other traffic on them. */
export {
  CubicFlow,
  type CubicFlowOptions,
  type CubicSegment,
  type CubicTransmit,
} from "./cubic-flow.ts";
export {
  type LabArrival,
  LabLink,
  type LabLinkOptions,
  type LabLinkStats,
  type LinkQueue,
} from "./lab-link.ts";
export {
  LAB_PROFILES,
  type LabProfile,
  labProfile,
  labProfileSummary,
  type TraceReader,
} from "./lab-profiles.ts";
export { EmulatedLink, type LinkConditions, PERFECT_LINK } from "./link.ts";
export type { LinkRate, Outage, TraceRate } from "./link-rate.ts";
export type { LinkLoss } from "./loss-pattern.ts";
export { parseMahimahi } from "./mahimahi.ts";
export {
  type FrameRecord,
  type FrameSizes,
  MediaFlow,
  type MediaFlowOptions,
  type MediaPacket,
  type ReportPacket,
} from "./media-flow.ts";
export { seededBytes, seededRandom } from "./random.ts";
export { type FlowsResult, type LinkSample, simulateFlows } from "./simulate-flows.ts";

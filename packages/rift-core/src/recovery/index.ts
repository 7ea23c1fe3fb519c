/** Recovery of lost video: repair packets, requests for fragments, what is sent again when, and the jitter buffer. */
export { type BurstLoss, chanceOfMoreLost, lossCorrelation } from "./burst-loss.ts";
export { FecDecoder, type FecDecoderLimits, type RepairFate } from "./fec-decoder.ts";
export { FecEncoder, type RepairPlan } from "./fec-encoder.ts";
export { JitterBuffer, MAX_HOLD_MICROS } from "./jitter-buffer.ts";
export { LossPattern } from "./loss-pattern.ts";
export {
  MAX_NACK_BITMAP_BYTES,
  NACK_ENTRY_BYTES,
  NACK_HEAD_BYTES,
  NACK_KIND,
  type NackEntry,
  newNackEntry,
  readNackEntry,
  readNackHead,
  writeNackEntry,
  writeNackHead,
} from "./nack.ts";
export { NackTracker } from "./nack-tracker.ts";
export { PassageMeter } from "./passage-meter.ts";
export { DEADLINE_MICROS, RecoveryPlanner } from "./recovery-planner.ts";
export { RedundancyBudget } from "./redundancy-budget.ts";
export {
  groupSize,
  MAX_GROUP_FRAGMENTS,
  MAX_GROUPS,
  MAX_REPAIR_ROWS,
  newRepairHead,
  REPAIR_HEAD_BYTES,
  type RepairHead,
  readRepairHead,
  repairDepth,
  writeRepairHead,
} from "./repair-packet.ts";
export {
  equalPieceBytes,
  fragmentCount,
  type RepairableUpdate,
  RepairWriter,
} from "./repair-writer.ts";
export { RetransmitBuffer, type RetransmitLimits, type SentUpdate } from "./retransmit-buffer.ts";
export { createPlainXorKernel, createXorKernel, type XorKernel } from "./xor-kernel.ts";

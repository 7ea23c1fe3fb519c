/** How often a reporter saw a relay as the others did. */
export interface ReporterRecord {
  readonly agreed: number;
  readonly disagreed: number;
}

/** Somebody who never reported. */
export const UNKNOWN_REPORTER: ReporterRecord = { agreed: 0, disagreed: 0 };

/** What is long ago counts less: a record weighs at most so much. */
const MAX_RECORD = 40;

/** How much a reporter's word weighs, 0 to 1: a quarter at first. Who is wrong as often as right weighs next to nothing. */
export function trustOf({ agreed, disagreed }: ReporterRecord): number {
  const share = (agreed + 2) / (agreed + disagreed + 4);
  return share <= 0.5 ? share * share : Math.min(1, 0.25 + (share - 0.5) * 1.875);
}

/** The record after one more report. */
export function noteReporter(record: ReporterRecord, agrees: boolean): ReporterRecord {
  const total = record.agreed + record.disagreed;
  const keep = total >= MAX_RECORD ? (MAX_RECORD - 1) / total : 1;
  return {
    agreed: record.agreed * keep + (agrees ? 1 : 0),
    disagreed: record.disagreed * keep + (agrees ? 0 : 1),
  };
}

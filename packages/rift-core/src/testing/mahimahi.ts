import type { TraceRate } from "./link-rate.ts";

/**
 * Reads a mahimahi trace: a line holds a time in whole milliseconds at which a packet of 1500 bytes may leave, and the
 * file repeats after its last time. Throws an Error that names the line.
 */
export function parseMahimahi(text: string): TraceRate {
  const lines = text.split("\n");
  const opportunities = new Float64Array(lines.length);
  let count = 0;
  let last = 0;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!.trim();
    if (line === "") continue;
    const millis = /^\d{1,12}$/.test(line) ? Number(line) : Number.NaN;
    if (Number.isNaN(millis))
      throw new Error(`line ${index + 1} of the trace is no time in milliseconds`);
    if (millis < last) throw new Error(`line ${index + 1} of the trace goes back in time`);
    last = millis;
    opportunities[count++] = millis * 1000;
  }
  if (count === 0) throw new Error("the trace is empty");
  if (last === 0) throw new Error("the trace has no length: its last time is 0");
  return {
    kind: "trace",
    opportunities: opportunities.slice(0, count),
    periodMicros: last * 1000,
  };
}

/** One header line: name (lower case) and value, as characters of one byte each (latin1). */
export type Field = readonly [name: string, value: string];

/** What a field counts for in all limits of QPACK (RFC 9204 §3.2.1). */
export function fieldBytes([name, value]: Field): number {
  return name.length + value.length + 32;
}

/** DER (X.690 §8, §10): tag, length, content. Only what a certificate needs. */

/** A value with any tag. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, content) => sum + content.length, 0);
  const head = [tag];
  if (length < 0x80) head.push(length);
  else if (length < 0x100) head.push(0x81, length);
  else if (length < 0x1_0000) head.push(0x82, length >> 8, length & 0xff);
  else throw new RangeError("a DER value has at most 65535 bytes");
  const out = new Uint8Array(head.length + length);
  out.set(head);
  let offset = head.length;
  for (const content of contents) {
    out.set(content, offset);
    offset += content.length;
  }
  return out;
}

export const sequence = (...values: readonly Uint8Array[]): Uint8Array => der(0x30, ...values);
export const set = (...values: readonly Uint8Array[]): Uint8Array => der(0x31, ...values);
export const octetString = (content: Uint8Array): Uint8Array => der(0x04, content);
export const utf8String = (text: string): Uint8Array => der(0x0c, new TextEncoder().encode(text));
/** A value in square brackets, written around what is inside. */
export const explicit = (tag: number, value: Uint8Array): Uint8Array => der(0xa0 | tag, value);

/** A positive number of so many bytes. */
export function integer(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Uint8Array.of(0) : bytes.subarray(start);
  return digits[0]! >= 0x80 ? der(0x02, Uint8Array.of(0), digits) : der(0x02, digits);
}

/** A string of whole bytes, or with some unused bits at its end. */
export function bitString(content: Uint8Array, unusedBits = 0): Uint8Array {
  return der(0x03, Uint8Array.of(unusedBits), content);
}

/** From dotted form. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first, second, ...rest] = dotted.split(".").map(Number) as [number, number, ...number[]];
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let left = part >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(0x06, Uint8Array.from(bytes));
}

/** Whole seconds of the years 1950 to 2049 (RFC 5280 §4.1.2.5.1). */
export function utcTime(millis: number): Uint8Array {
  const digits = new Date(millis).toISOString().replace(/[-:T]|\.\d+/g, "");
  return der(0x17, new TextEncoder().encode(digits.slice(2)));
}

/**
 * Error codes of an application inside those of HTTP/3 (WebTransport over HTTP/3 §4.3): a range of its own, which leaves out the
 * code points that HTTP/3 reserves for greasing (0x1f · N + 0x21).
 */
const FIRST = 0x52e4a40fa8db;
const LAST = 0x52e5ac983162;

/** Code 0..2^32−1 of the application as a code of HTTP/3. Throws RangeError. */
export function toHttp3Code(code: number): number {
  if (!(Number.isInteger(code) && code >= 0 && code <= 0xffff_ffff))
    throw new RangeError("an error code is a whole number from 0 to 2^32-1");
  return FIRST + code + Math.floor(code / 0x1e);
}

/** The application's code in a code of HTTP/3; undefined where it is none of an application. */
export function fromHttp3Code(http3Code: number): number | undefined {
  if (http3Code < FIRST || http3Code > LAST || (http3Code - 0x21) % 0x1f === 0) return undefined;
  const shifted = http3Code - FIRST;
  return shifted - Math.floor(shifted / 0x1f);
}

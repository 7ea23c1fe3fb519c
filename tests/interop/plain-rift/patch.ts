/** The lossless patch codec (spec/rift.md §6.4). */
import { need } from "./bytes.ts";

/** Pixels are 0xRRGGBB, row after row. */
export function readPatch(bytes: Uint8Array, width: number, height: number): number[] {
  const pixels: number[] = [];
  const table = new Array<number>(64).fill(0);
  let at = 0;
  let previous = 0;
  const next = (): number => {
    need(at < bytes.length, "a patch ends early");
    return bytes[at++]!;
  };
  const pixel = (red: number, green: number, blue: number): void => {
    previous = ((red & 255) << 16) | ((green & 255) << 8) | (blue & 255);
    table[Math.imul(previous, 0x9e3779b1) >>> 26] = previous;
    pixels.push(previous);
  };
  const repeat = (count: number, above: boolean): void => {
    need(count > 0 && pixels.length + count <= width * height, "a run leaves its rectangle");
    need(!above || pixels.length >= width, "nothing is above");
    for (let left = count; left > 0; left--) {
      if (above) previous = pixels[pixels.length - width]!;
      pixels.push(previous);
    }
  };
  while (pixels.length < width * height) {
    const op = next();
    const [red, green, blue] = [previous >> 16, (previous >> 8) & 255, previous & 255];
    if (op === 0xff) need(false, "a reserved operation");
    else if (op === 0xfe) pixel(next(), next(), next());
    else if (op >= 0xfc) repeat((next() << 8) | next(), op === 0xfd);
    else if (op >= 0xe0) repeat((op & 31) + 1, true);
    else if (op >= 0xc0) repeat((op & 31) + 1, false);
    else if (op >= 0x80) {
      const dg = (op & 63) - 32;
      const other = next();
      pixel(red + dg + (other >> 4) - 8, green + dg, blue + dg + (other & 15) - 8);
    } else if (op >= 0x40)
      pixel(red + ((op >> 4) & 3) - 2, green + ((op >> 2) & 3) - 2, blue + (op & 3) - 2);
    else {
      previous = table[op]!;
      pixels.push(previous);
    }
  }
  need(at === bytes.length, "bytes are left over");
  return pixels;
}

/** A patch that uses runs, copies, table hits and whole colours. */
export function writePatch(pixels: readonly number[], width: number): Uint8Array {
  const out: number[] = [];
  const table = new Array<number>(64).fill(0);
  let previous = 0;
  for (let at = 0; at < pixels.length; ) {
    let run = 0;
    while (run < 32 && at + run < pixels.length && pixels[at + run] === previous) run++;
    let above = 0;
    while (
      at >= width &&
      above < 28 &&
      at + above < pixels.length &&
      pixels[at + above] === pixels[at + above - width]
    )
      above++;
    if (run > 0 || above > 0) {
      out.push(run >= above ? 0xc0 | (run - 1) : 0xe0 | (above - 1));
      at += Math.max(run, above);
      previous = pixels[at - 1]!;
      continue;
    }
    previous = pixels[at++]!;
    const slot = Math.imul(previous, 0x9e3779b1) >>> 26;
    if (table[slot] === previous) out.push(slot);
    else out.push(0xfe, previous >> 16, (previous >> 8) & 255, previous & 255);
    table[slot] = previous;
  }
  return Uint8Array.from(out);
}

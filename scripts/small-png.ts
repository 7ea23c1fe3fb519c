import { crc32, deflateSync, inflateSync } from "node:zlib";

/** Rows of red, green, blue, from the top left. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

const SIGNATURE = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
const MAX_COLOURS = 256;
/** Colours that are nearer to each other, squared and summed over their parts, become one where there are too many. */
const ALIKE = 48;
const CHANNELS: Readonly<Record<number, number>> = { 2: 3, 6: 4 };

/** Reads a PNG of 8 bits, not interlaced, in true colour, as browsers write them; what is transparent is read as opaque. */
export function readPng(png: Uint8Array): Picture {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const data: Uint8Array[] = [];
  for (let at = 8; at < png.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    if (type === "IDAT") data.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const channels = CHANNELS[png[25]!];
  if (png[24] !== 8 || channels === undefined || png[28] !== 0)
    throw new Error("this kind of PNG is not read");
  const rows = unfiltered(inflateSync(Buffer.concat(data)), width * channels, channels);
  const pixels = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++)
    for (let part = 0; part < 3; part++) pixels[pixel * 3 + part] = rows[pixel * channels + part]!;
  return { width, height, pixels };
}

/** Writes a PNG of at most 256 colours: exact where the picture has no more, else of its most frequent ones. */
export function writeSmallPng({ width, height, pixels }: Picture): Uint8Array {
  const counts = new Map<number, number>();
  for (let at = 0; at < pixels.length; at += 3) {
    const colour = (pixels[at]! << 16) | (pixels[at + 1]! << 8) | pixels[at + 2]!;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const byUse = [...counts].sort(([, a], [, b]) => b - a).map(([colour]) => colour);
  const palette: number[] = [];
  for (const colour of byUse) {
    if (palette.length === MAX_COLOURS) break;
    const isNew = byUse.length <= MAX_COLOURS || distance(colour, nearest(palette, colour)) > ALIKE;
    if (isNew) palette.push(colour);
  }
  const indexOf = new Map(
    byUse.map((colour) => [colour, palette.indexOf(nearest(palette, colour))]),
  );
  const rows = new Uint8Array((width + 1) * height);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at += 3)
      rows[y * (width + 1) + 1 + x] = indexOf.get(
        (pixels[at]! << 16) | (pixels[at + 1]! << 8) | pixels[at + 2]!,
      )!;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("PLTE", Uint8Array.from(palette.flatMap((c) => [c >> 16, (c >> 8) & 255, c & 255]))),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

function nearest(palette: readonly number[], colour: number): number {
  let best = Number.NaN;
  let least = Number.POSITIVE_INFINITY;
  for (const one of palette) {
    const far = distance(one, colour);
    if (far >= least) continue;
    least = far;
    best = one;
  }
  return best;
}

/** NaN is farther than anything. */
function distance(a: number, b: number): number {
  if (Number.isNaN(b)) return Number.POSITIVE_INFINITY;
  const red = (a >> 16) - (b >> 16);
  const green = ((a >> 8) & 255) - ((b >> 8) & 255);
  const blue = (a & 255) - (b & 255);
  return red * red + green * green + blue * blue;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = Buffer.alloc(data.length + 12);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, "latin1");
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

/** PNG (ISO/IEC 15948) §9: each row is told by its differences to what stands left of and above it. */
function unfiltered(filtered: Uint8Array, stride: number, step: number): Uint8Array {
  const height = filtered.length / (stride + 1);
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const type = filtered[y * (stride + 1)]!;
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x >= step ? out[at - step]! : 0;
      const above = y > 0 ? out[at - stride]! : 0;
      const corner = x >= step && y > 0 ? out[at - stride - step]! : 0;
      out[at] = filtered[y * (stride + 1) + 1 + x]! + predicted(type, left, above, corner);
    }
  }
  return out;
}

function predicted(type: number, left: number, above: number, corner: number): number {
  if (type === 0) return 0;
  if (type === 1) return left;
  if (type === 2) return above;
  if (type === 3) return (left + above) >> 1;
  const guess = left + above - corner;
  const [toLeft, toAbove] = [Math.abs(guess - left), Math.abs(guess - above)];
  const toCorner = Math.abs(guess - corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

import { crc32, deflateSync } from "node:zlib";

/** The icon of @wavry/web-ui, as points of its square of 32. */
const SIDE = 32;
const CORNER = 8;
const BACK = [0x0b, 0x5c, 0x6e] as const;
const WAVE = [
  [5, 12],
  [10, 21],
  [16, 10],
  [22, 21],
  [27, 12],
] as const;
const HALF_STROKE = 1.5;
/** Points taken in each direction of a pixel. */
const SAMPLES = 4;

/** How an icon is to be. */
export interface IconWish {
  /** Pixels. */
  readonly side: number;
  /** For systems that cut icons to a shape of theirs: filled to the edges, with the wave within the middle. */
  readonly maskable: boolean;
}

/** All of them, by the names of their files. */
export const ICONS: Readonly<Record<string, IconWish>> = {
  "touch-icon": { side: 180, maskable: true },
  "icon-192": { side: 192, maskable: false },
  "icon-512": { side: 512, maskable: false },
  "icon-512-maskable": { side: 512, maskable: true },
};

/** The icon as a PNG file, for systems that take no SVG. */
export function iconPng({ side, maskable }: IconWish): Buffer<ArrayBuffer> {
  const rows = Buffer.alloc(side * (side * 4 + 1));
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const [back, wave] = coverage(x, y, side, maskable);
      const at = y * (side * 4 + 1) + 1 + x * 4;
      for (let channel = 0; channel < 3; channel++)
        rows[at + channel] = Math.round(BACK[channel]! * (1 - wave) + 255 * wave);
      rows[at + 3] = Math.round(255 * back);
    }
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header(side)),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** How much of a pixel is in the square and on the wave, 0..1 each. */
function coverage(px: number, py: number, side: number, maskable: boolean): [number, number] {
  // A mask may cut a tenth off each side.
  const zoom = maskable ? 1.3 : 1;
  let back = 0;
  let wave = 0;
  for (let sample = 0; sample < SAMPLES * SAMPLES; sample++) {
    const x = ((px + ((sample % SAMPLES) + 0.5) / SAMPLES) / side) * SIDE;
    const y = ((py + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) / side) * SIDE;
    if (maskable || inSquare(x, y)) back++;
    const middle = SIDE / 2;
    if (onWave(middle + (x - middle) * zoom, middle + (y - middle) * zoom)) wave++;
  }
  return [back / SAMPLES ** 2, wave / SAMPLES ** 2];
}

function inSquare(x: number, y: number): boolean {
  const dx = Math.max(CORNER - x, x - (SIDE - CORNER), 0);
  const dy = Math.max(CORNER - y, y - (SIDE - CORNER), 0);
  return Math.hypot(dx, dy) <= CORNER;
}

function onWave(x: number, y: number): boolean {
  for (let index = 1; index < WAVE.length; index++) {
    const [x0, y0] = WAVE[index - 1]!;
    const [x1, y1] = WAVE[index]!;
    const [dx, dy] = [x1 - x0, y1 - y0];
    const along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy);
    const near = Math.max(0, Math.min(1, along));
    if (Math.hypot(x - x0 - near * dx, y - y0 - near * dy) <= HALF_STROKE) return true;
  }
  return false;
}

/** PNG, third edition, §11.2.1: 8 bits each of red, green, blue, alpha. */
function header(side: number): Buffer {
  const bytes = Buffer.alloc(13);
  bytes.writeUInt32BE(side, 0);
  bytes.writeUInt32BE(side, 4);
  bytes[8] = 8;
  bytes[9] = 6;
  return bytes;
}

/** PNG §5.3: length, name, data, CRC. */
function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const bytes = Buffer.alloc(8 + body.length);
  bytes.writeUInt32BE(data.length, 0);
  body.copy(bytes, 4);
  bytes.writeUInt32BE(crc32(body), 4 + body.length);
  return bytes;
}

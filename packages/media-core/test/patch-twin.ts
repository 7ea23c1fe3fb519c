/** The patch codec as plainly as it can be said: colours as triples, one operation at a time. */
type Colour = readonly [number, number, number];

const BLACK: Colour = [0, 0, 0];
const same = (a: Colour, b: Colour): boolean => a.every((value, index) => value === b[index]);

function slotOf([r, g, b]: Colour): number {
  const product = (BigInt(r * 65536 + g * 256 + b) * 0x9e3779b1n) & 0xffffffffn;
  return Number(product >> 26n);
}

/** Draws a patch of `width` × `height` pixels into a list of colours; throws on anything but a whole patch. */
export function decodeSlowly(
  bytes: readonly number[],
  width: number,
  height: number,
): { colours: Colour[]; used: number } {
  const table: Colour[] = Array.from({ length: 64 }, () => BLACK);
  const colours: Colour[] = [];
  const total = width * height;
  let previous = BLACK;
  let at = 0;
  const next = (): number => {
    const byte = bytes[at++];
    if (byte === undefined) throw new Error("truncated");
    return byte;
  };
  const repeat = (count: number, pixel: () => Colour | undefined): void => {
    if (count === 0 || colours.length + count > total) throw new Error("run too long");
    for (let left = count; left > 0; left--) {
      const colour = pixel();
      if (colour === undefined) throw new Error("nothing above");
      colours.push(colour);
      previous = colour;
    }
  };
  const put = (colour: Colour): void => {
    previous = colour;
    table[slotOf(colour)] = colour;
    colours.push(colour);
  };
  const shifted = (dr: number, dg: number, db: number): Colour => [
    (previous[0] + dr + 256) % 256,
    (previous[1] + dg + 256) % 256,
    (previous[2] + db + 256) % 256,
  ];
  const last = (): Colour => previous;
  const above = (): Colour | undefined => colours[colours.length - width];
  while (colours.length < total) {
    const op = next();
    if (op < 0x40) {
      previous = table[op] ?? BLACK;
      colours.push(previous);
    } else if (op < 0x80) put(shifted(((op >> 4) & 3) - 2, ((op >> 2) & 3) - 2, (op & 3) - 2));
    else if (op < 0xc0) {
      const green = (op & 63) - 32;
      const other = next();
      put(shifted(green + (other >> 4) - 8, green, green + (other & 15) - 8));
    } else if (op < 0xe0) repeat(op - 0xc0 + 1, last);
    else if (op < 0xfc) repeat(op - 0xe0 + 1, above);
    else if (op === 0xfc) repeat(next() * 256 + next(), last);
    else if (op === 0xfd) repeat(next() * 256 + next(), above);
    else if (op === 0xfe) put([next(), next(), next()]);
    else throw new Error("reserved");
  }
  return { colours, used: at };
}

export { type Colour, same as sameColour };

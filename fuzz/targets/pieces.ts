/** A step of a sequence that an input stands for. */
export interface Piece {
  readonly kind: number;
  /** Borrowed. */
  readonly bytes: Uint8Array;
}

/** `| kind | length | bytes … |`, again and again; the last piece may be cut short. */
export function* pieces(input: Uint8Array): Iterable<Piece> {
  for (let at = 0; at + 2 <= input.length; ) {
    const end = at + 2 + input[at + 1]!;
    yield { kind: input[at]!, bytes: input.subarray(at + 2, end) };
    at = end;
  }
}

/** The input that `pieces` takes apart into these. Throws RangeError over 255 bytes. */
export function joinPieces(list: readonly Piece[]): Uint8Array {
  return Uint8Array.from(
    list.flatMap(({ kind, bytes }) => {
      if (bytes.length > 255) throw new RangeError("a piece has at most 255 bytes");
      return [kind, bytes.length, ...bytes];
    }),
  );
}

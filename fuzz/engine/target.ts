/** One parser or state machine, and what must hold for it whatever the bytes. */
export interface FuzzTarget {
  readonly name: string;
  /** One line for the list of names: what is run, and the property. */
  readonly summary: string;
  /** Longer inputs are not tried. */
  readonly maxBytes: number;
  /** Pieces that mean something to the parser. */
  readonly dictionary?: readonly Uint8Array[];
  /**
   * Runs one input (borrowed, and its own copy: it may be written to). Throws where the property does not hold; a
   * `WireError` or other refusal that the parser may give is caught in here.
   */
  run(input: Uint8Array): void;
  /** Valid inputs, made with the real codecs, for `fuzz/corpus`. */
  seeds(): readonly Uint8Array[];
}

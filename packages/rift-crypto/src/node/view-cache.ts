/**
 * Views into buffers that are used again and again, such as those of a datagram pool: the last view of
 * each buffer is kept, so that a steady state makes no garbage. It keeps no buffer alive.
 */
export class ViewCache {
  readonly #views = new WeakMap<Uint8Array, Uint8Array>();

  /** `bytes[offset, offset + length)`; shorter where `bytes` ends before. */
  view(bytes: Uint8Array, offset: number, length: number): Uint8Array {
    if (offset === 0 && length === bytes.length) return bytes;
    const known = this.#views.get(bytes);
    if (known?.length === length && known.byteOffset === bytes.byteOffset + offset) return known;
    const view = bytes.subarray(offset, offset + length);
    this.#views.set(bytes, view);
    return view;
  }
}

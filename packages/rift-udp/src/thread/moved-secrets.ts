/** Copies of secrets for a thread. Their memory is moved there by `transfer`, so that no further copy is made. */
export class MovedSecrets {
  /** For `ThreadLink.call`. */
  readonly transfer: ArrayBuffer[] = [];

  /** A copy of what is borrowed. */
  copy(secret: Uint8Array): Uint8Array {
    // Not slice(): that of a Buffer shares its memory.
    const copy = new Uint8Array(secret);
    this.transfer.push(copy.buffer);
    return copy;
  }
}

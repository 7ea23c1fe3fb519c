/** What a host of the flood benchmark is started with; bytes as hex. */
export interface HostArguments {
  readonly identitySeed: string;
  readonly staticPrivate: string;
  /** Wavry ID and static key of each paired device. */
  readonly paired: readonly (readonly [wavryId: string, staticKey: string])[];
  /** A live pairing secret; empty: none. */
  readonly secret: string;
}

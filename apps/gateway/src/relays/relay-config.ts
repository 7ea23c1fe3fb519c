/** Which relays may serve, and how much a session gets there. */
export interface RelayConfig {
  /** Wavry IDs that are let in without an administrator. */
  readonly ids: readonly string[];
  /** The most that each side of a session may send, kbit/s; a relay gives 10,000 at least. */
  readonly rateKbps: number;
}

/** Without any settings: an administrator lets relays in, and a session gets 10 Mbit/s. */
export const DEFAULT_RELAY_CONFIG: RelayConfig = { ids: [], rateKbps: 10_000 };

import { monotonicMicros } from "../clock.ts";
import type { RelayPath } from "./relay-path.ts";
import type { RelayUse } from "./signals.ts";

interface Use {
  readonly since: number;
  isConnected: boolean;
  lossSum: number;
  losses: number;
}

/** How the relays of a session did, for the gateway: told once for each, when it is no longer used. */
export class RelayUses {
  readonly #report: (use: RelayUse) => void;
  readonly #uses = new Map<RelayPath, Use>();

  constructor(report: (use: RelayUse) => void) {
    this.#report = report;
  }

  begin(path: RelayPath): void {
    const since = monotonicMicros();
    this.#uses.set(path, { since, isConnected: false, lossSum: 0, losses: 0 });
  }

  /** The other side answered over it. */
  connected(path: RelayPath): void {
    const use = this.#uses.get(path);
    if (use !== undefined) use.isConnected = true;
  }

  noteLoss(path: RelayPath, ratio: number): void {
    const use = this.#uses.get(path);
    if (use === undefined) return;
    use.lossSum += ratio;
    use.losses++;
  }

  /** The relay could not be reached at all. */
  missed(relay: string): void {
    this.#report({ relay, connected: false, rttMillis: null, lossPercent: 0, seconds: 0 });
  }

  end(path: RelayPath): void {
    const use = this.#uses.get(path);
    if (use === undefined) return;
    this.#uses.delete(path);
    const { rtt } = path.stats;
    const loss = use.losses === 0 ? 0 : use.lossSum / use.losses;
    this.#report({
      relay: path.relay.id,
      connected: use.isConnected,
      rttMillis: rtt === undefined ? null : Math.min(60_000, Math.round(rtt / 1000)),
      lossPercent: Math.round(Math.min(1, Math.max(0, loss)) * 10_000) / 100,
      seconds: Math.min(100_000, Math.round((monotonicMicros() - use.since) / 1e6)),
    });
  }
}

import type { CryptoSuite, Identity } from "@wavry/rift-crypto";
import {
  RELAY_HEARTBEAT_PATH,
  RELAY_SIGNATURE_HEADER,
  RelayHeartbeatAnswer,
  type RelayLoad,
  type RelayState,
} from "@wavry/signaling";
import { relayMicros, unixSeconds } from "../clock.ts";
import { askGateway } from "./ask-gateway.ts";
import { FleetError } from "./fleet-error.ts";
import type { FleetNews } from "./fleet-news.ts";
import { type RelayFacts, signHeartbeat } from "./heartbeat.ts";

/** What is behind a load: `forwardedBytes` since the start. */
export interface RelayFigures extends Omit<RelayLoad, "kbps"> {
  readonly forwardedBytes: number;
}

/** How a relay tells its gateway that it is there. */
export interface FleetOptions {
  readonly suite: CryptoSuite;
  readonly identity: Identity;
  /** The gateway's public URL, of `parseMasterUrl`. */
  readonly gateway: string;
  /** What this relay checks leases with, 32 bytes. */
  readonly gatewayKey: Uint8Array;
  readonly facts: RelayFacts;
  readonly figures: () => RelayFigures;
  readonly onNews: (news: FleetNews) => void;
  /** First wait after a failure, and the longest. Default 1 s, 30 s. */
  readonly retryMillis?: { readonly first: number; readonly most: number } | undefined;
}

/** How a relay stands with its gateway. */
export interface FleetStatus {
  /** "unknown" until the gateway has answered; "wrong-key" where leases would not be good here. */
  readonly state: RelayState | "unknown" | "wrong-key";
  readonly isFailing: boolean;
  /** Heartbeats that were taken, and that were not. */
  readonly taken: number;
  readonly failed: number;
  /** Since the last that was taken, or since the start, seconds. */
  readonly silentSeconds: number;
}

/** The least and the most that a gateway may ask for. */
const MIN_NEXT_SECONDS = 1;
const MAX_NEXT_SECONDS = 300;
const RETRY = { first: 1_000, most: 30_000 };
/** How long a relay that drains waits for the gateway to hear of it. */
const FAREWELL_MS = 3_000;

/** Heartbeats to one gateway. A gateway that is away changes nothing for those who are here: leases are served on. */
export class FleetClient implements Disposable {
  readonly #options: FleetOptions;
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  #isDraining = false;
  #state: FleetStatus["state"] = "unknown";
  #complaint: string | undefined;
  #failures = 0;
  #taken = 0;
  #failed = 0;
  #lastAt = 0;
  #heardAt = relayMicros();
  #measured: { readonly at: number; readonly bytes: number };

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#measured = { at: relayMicros(), bytes: options.figures().forwardedBytes };
  }

  /** The first heartbeat leaves at once. Once. */
  begin(): void {
    void this.#beat();
  }

  get status(): FleetStatus {
    return {
      state: this.#state,
      isFailing: this.#complaint !== undefined,
      taken: this.#taken,
      failed: this.#failed,
      silentSeconds: Math.floor((relayMicros() - this.#heardAt) / 1e6),
    };
  }

  /** Tells the gateway at once that no new session is wanted, and in each heartbeat from now on. Resolves when it heard, or soon. */
  async drain(): Promise<void> {
    if (this.#isDraining || this.#abort.signal.aborted) return;
    this.#isDraining = true;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, FAREWELL_MS);
    const told = (async () => {
      await this.#beating;
      await this.#beat();
    })();
    await Promise.race([told, late]);
    clearTimeout(timer);
  }

  /** Idempotent. */
  [Symbol.dispose](): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
  }

  #beat(): Promise<void> {
    clearTimeout(this.#timer);
    this.#beating ??= this.#tell().finally(() => {
      this.#beating = undefined;
    });
    return this.#beating;
  }

  /** One heartbeat, and when the next is due. Never rejects. */
  async #tell(): Promise<void> {
    let waitMillis: number;
    try {
      const answer = await this.#post();
      if (this.#abort.signal.aborted) return;
      this.#taken++;
      this.#failures = 0;
      this.#heardAt = relayMicros();
      this.#take(answer);
      const seconds = Math.min(MAX_NEXT_SECONDS, Math.max(MIN_NEXT_SECONDS, answer.nextSeconds));
      waitMillis = seconds * 1_000;
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      if (!(error instanceof FleetError)) throw error;
      this.#failed++;
      this.#complain(error);
      waitMillis = this.#retryMillis(error);
    }
    this.#timer = setTimeout(() => void this.#beat(), waitMillis);
  }

  #take({ state, leaseKey }: RelayHeartbeatAnswer): void {
    const { gatewayKey, gateway, onNews } = this.#options;
    const isFirst = this.#state === "unknown";
    if (leaseKey !== Buffer.from(gatewayKey).toString("base64url")) {
      if (this.#state === "wrong-key") return;
      this.#state = "wrong-key";
      const error = new FleetError(
        "wrong-key",
        `${gateway} has another key than this relay was given: compare WAVRY_RELAY_MASTER_PUBLIC_KEY with "key" in ${gateway}/.well-known/wavry-gateway`,
      );
      onNews({ type: "wrong-key", error, isFirst });
      return;
    }
    if (this.#complaint !== undefined) {
      this.#complaint = undefined;
      onNews({ type: "back" });
    }
    if (state === this.#state) return;
    this.#state = state;
    onNews({ type: "state", state });
  }

  #complain(error: FleetError): void {
    if (this.#complaint === error.code) return;
    this.#complaint = error.code;
    this.#options.onNews({ type: "failing", error });
  }

  /** Half of each wait is chance: a gateway that comes back is not met by all its relays at once. */
  #retryMillis({ retryAfterSeconds }: FleetError): number {
    const { first, most } = this.#options.retryMillis ?? RETRY;
    const whole = Math.min(most, first * 2 ** Math.min(this.#failures++, 16));
    const wished = Math.min(MAX_NEXT_SECONDS, retryAfterSeconds ?? 0) * 1_000;
    return Math.max(wished, whole * (0.5 + Math.random() / 2));
  }

  #post(): Promise<RelayHeartbeatAnswer> {
    const { facts, gateway } = this.#options;
    // A clock that is put back would make all heartbeats old until it is there again.
    this.#lastAt = Math.max(this.#lastAt, Math.floor(unixSeconds()));
    const { body, signature } = signHeartbeat(this.#options, facts, {
      state: this.#isDraining ? "draining" : "serving",
      load: this.#load(),
      at: this.#lastAt,
    });
    return askGateway({
      ...{ gateway, path: RELAY_HEARTBEAT_PATH, answer: RelayHeartbeatAnswer, body },
      headers: { [RELAY_SIGNATURE_HEADER]: signature },
      signal: this.#abort.signal,
    });
  }

  #load(): RelayLoad {
    const { forwardedBytes, busy, sessions, maxSessions } = this.#options.figures();
    const now = relayMicros();
    const { at, bytes } = this.#measured;
    const seconds = (now - at) / 1e6;
    this.#measured = { at: now, bytes: forwardedBytes };
    const kbps = seconds > 0 ? Math.max(0, (forwardedBytes - bytes) / 125 / seconds) : 0;
    return {
      ...{ sessions, maxSessions, kbps: Math.round(kbps) },
      busy: Math.min(1, Math.max(0, Math.round(busy * 1_000) / 1_000)),
    };
  }
}

import type { Readiness } from "@wavry/signaling";
import type { Context } from "../context.ts";

/** The database must answer within this time. */
const ANSWER_MS = 2_000;
/** Whoever asks sooner gets the same answer: to ask is no load. */
const KEPT_MS = 500;

/** Finds out whether this replica can take requests. */
export class ReadinessCheck {
  readonly #context: Context;
  #store: Promise<boolean> | undefined;
  #keptUntil = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  /** What is missing now. Never rejects. */
  async ask(): Promise<Readiness> {
    const missing: Readiness["missing"] = [];
    if (!(await this.storeAnswers())) missing.push("store");
    if (!this.#context.bus.healthy) missing.push("bus");
    if (this.#context.drain.draining) return { status: "draining", missing };
    return { status: missing.length === 0 ? "ready" : "not-ready", missing };
  }

  /** Whether the database answers. Never rejects. */
  storeAnswers(): Promise<boolean> {
    const now = performance.now();
    if (this.#store === undefined || now > this.#keptUntil) {
      this.#keptUntil = now + KEPT_MS;
      this.#store = this.#askStore();
    }
    return this.#store;
  }

  async #askStore(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), ANSWER_MS);
    });
    const answered = this.#context.store.check().then(
      () => true,
      () => false,
    );
    const answer = await Promise.race([answered, late]);
    clearTimeout(timer);
    return answer;
  }
}

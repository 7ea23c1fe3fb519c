import { ApiFailure, isFailure } from "./api-failure.ts";

/** Asks somebody to prove once more who they are, where the gateway wants that before a grave act. */
export class IdentityCheck {
  /** Whether the question is to be shown. */
  asked: boolean = $state(false);
  #waiting: PromiseWithResolvers<void> | undefined;

  /** Does it; where the gateway asks for proof first, once more after that. Rejects with "cancelled" if it is broken off. */
  async with<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (!isFailure(error, "confirm-needed")) throw error;
      await this.#ask(ApiFailure.from(error));
    }
    return await act();
  }

  /** The question is over. */
  settle(proven: boolean): void {
    this.asked = false;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (proven) waiting?.resolve();
    else waiting?.reject(new ApiFailure("cancelled", "It was broken off."));
  }

  async #ask(wanted: ApiFailure): Promise<void> {
    this.#waiting ??= Promise.withResolvers<void>();
    this.asked = true;
    try {
      await this.#waiting.promise;
    } catch (cause) {
      // What was broken off is told in the words of the gateway that asked.
      throw new ApiFailure("cancelled", wanted.message, { cause });
    }
  }
}

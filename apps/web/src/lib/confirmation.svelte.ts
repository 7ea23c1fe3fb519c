import { ApiFailure, isFailure } from "./api/api-failure.ts";

/** Whether the person is being asked to prove who they are. */
class IdentityCheck {
  asked: boolean = $state(false);
  #waiting: PromiseWithResolvers<void> | undefined;

  /** Shows the question; rejects with "cancelled" if it is broken off. */
  ask(): Promise<void> {
    this.#waiting ??= Promise.withResolvers<void>();
    this.asked = true;
    return this.#waiting.promise;
  }

  /** The question is over. */
  settle(proven: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.asked = false;
    if (proven) waiting?.resolve();
    else waiting?.reject(new ApiFailure("cancelled", "broken off"));
  }
}

/** The one question of this page. */
export const identityCheck: IdentityCheck = new IdentityCheck();

/** Does what the gateway may want a fresh proof of identity for, asking for it where it does. */
export async function whenConfirmed<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!isFailure(error, "confirm-needed")) throw error;
  }
  await identityCheck.ask();
  return await act();
}

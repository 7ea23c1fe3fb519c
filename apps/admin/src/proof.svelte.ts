import { ApiFailure } from "./api-failure.ts";

/** Asks an administrator to prove once more who they are, where the gateway wants that before a grave act. */
class Proof {
  /** Set while the dialog is to be open. */
  asking: { readonly done: () => void; readonly cancel: () => void } | undefined = $state.raw();

  /** Does it; where the gateway asks for proof first, once more after that. */
  async with<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.code !== "confirm-needed") throw error;
      await this.#ask(error);
      return await act();
    }
  }

  async #ask(failure: ApiFailure): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.asking = { done: resolve, cancel: () => reject(failure) };
      });
    } finally {
      this.asking = undefined;
    }
  }
}

export const proof: Proof = new Proof();

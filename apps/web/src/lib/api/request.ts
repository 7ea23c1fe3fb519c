import { request as ask, isFailure, type RequestMethod, type RequestOptions } from "@wavry/web-ui";

let onSignedOut: () => void = () => {};

/** Is called whenever the gateway says that nobody is signed in here. */
export function watchSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

/** Calls the gateway that this page came from. Rejects with ApiFailure. */
export async function request<T>(
  method: RequestMethod,
  path: string,
  options: RequestOptions = {},
): Promise<T> {
  try {
    return await ask<T>(method, path, options);
  } catch (error) {
    if (isFailure(error, "sign-in-required")) onSignedOut();
    throw error;
  }
}

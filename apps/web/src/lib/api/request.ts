import { ApiFailure } from "./api-failure.ts";

/** How to ask. */
export interface RequestOptions {
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

let onSignedOut: () => void = () => {};

/** Is called whenever the gateway says that nobody is signed in here. */
export function watchSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

/** Calls the gateway that this page came from; the browser adds the session's cookie. Rejects with ApiFailure. */
export async function request<T>(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  { body, signal, headers = {} }: RequestOptions = {},
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      ...(signal !== undefined && { signal }),
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new ApiFailure("offline", "the gateway cannot be reached", { cause });
  }
  if (!response.ok) {
    const failure = await ApiFailure.of(response);
    if (failure.code === "sign-in-required") onSignedOut();
    throw failure;
  }
  try {
    return (await response.json()) as T;
  } catch (cause) {
    throw new ApiFailure("bad-answer", "the answer is no JSON", { status: response.status, cause });
  }
}

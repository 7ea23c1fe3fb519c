import { ApiFailure } from "./api-failure.ts";

/** How the gateway is asked. */
export type RequestMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What goes with it. */
export interface RequestOptions {
  /** Becomes JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Behind the address; what is undefined or empty is left out. */
  readonly query?: object;
}

/**
 * Asks the gateway that this page came from; the browser adds the session's cookie. Gives the answer's JSON, of the type
 * that the caller knows it to have. Rejects with ApiFailure, and with the signal's reason once that is aborted.
 */
export async function request<T>(
  method: RequestMethod,
  path: string,
  { body, signal, headers = {}, query = {} }: RequestOptions = {},
): Promise<T> {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== "") url.searchParams.set(name, String(value));
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      ...(signal !== undefined && { signal }),
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new ApiFailure("offline", "The gateway cannot be reached.", { cause });
  }
  if (!response.ok) throw await ApiFailure.of(response);
  try {
    return (await response.json()) as T;
  } catch (cause) {
    const { status } = response;
    throw new ApiFailure("bad-answer", "The gateway's answer cannot be read.", { status, cause });
  }
}

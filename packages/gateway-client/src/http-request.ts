import { ErrorBody, isAnswer, type Message, parseAnswer } from "@wavry/signaling";
import { GatewayError } from "./gateway-error.ts";

/** A gateway that says nothing for so long is not there. */
const PATIENCE_MS = 20_000;

/** One HTTP request. */
export interface HttpRequest<T> {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly url: URL;
  /** What the answer must be. */
  readonly answer: Message<T>;
  readonly body?: unknown;
  /** Bearer token; without one a browser sends its cookie. */
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Asks the gateway. Rejects with GatewayError. */
export async function httpRequest<T>(request: HttpRequest<T>): Promise<T> {
  const { status, value } = await exchange(request);
  if (status >= 400) throw failure(request, status, value);
  if (!isAnswer(request.answer, value))
    throw new GatewayError(
      "bad-answer",
      `${request.url.origin} did not answer as a Wavry gateway does; is the address right?`,
      { status },
    );
  return value;
}

async function exchange<T>(request: HttpRequest<T>): Promise<{ status: number; value: unknown }> {
  const { method, url, body, token, signal } = request;
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    const response = await fetch(url, {
      method,
      signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
      redirect: "error",
      headers: {
        accept: "application/json",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, value: parseAnswer(text) };
  } catch (cause) {
    if (signal?.aborted) throw new GatewayError("aborted", "given up", { cause });
    throw new GatewayError("unreachable", `the gateway at ${url.origin} cannot be reached`, {
      cause,
    });
  }
}

function failure<T>(request: HttpRequest<T>, status: number, value: unknown): GatewayError {
  if (!isAnswer(ErrorBody, value))
    return new GatewayError("bad-answer", `${request.url.origin} answered with ${status}`, {
      status,
    });
  const { code, message, requestId, retryAfterSeconds } = value.error;
  return new GatewayError(code, message, { status, requestId, retryAfterSeconds });
}

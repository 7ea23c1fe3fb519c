import { ErrorBody, isAnswer, type Message, parseAnswer } from "@wavry/signaling";
import { FleetError } from "./fleet-error.ts";

/** A gateway that says nothing for so long is not there. */
const PATIENCE_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1_024;

/** One question. */
export interface Question<T> {
  /** The gateway's, without a slash at the end. */
  readonly gateway: string;
  readonly path: string;
  /** What the answer must be. */
  readonly answer: Message<T>;
  /** JSON, sent as it is; without it the gateway is only asked. */
  readonly body?: Uint8Array<ArrayBuffer> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Asks a gateway. Rejects with FleetError. */
export async function askGateway<T>(question: Question<T>): Promise<T> {
  const { gateway, answer } = question;
  const { status, value } = await exchange(question);
  if (status >= 400 && isAnswer(ErrorBody, value)) {
    const { code, message, retryAfterSeconds } = value.error;
    throw new FleetError(code, message.slice(0, 300), { retryAfterSeconds });
  }
  if (status !== 200 || !isAnswer(answer, value))
    throw new FleetError(
      "bad-answer",
      `${gateway} does not answer as a Wavry gateway with relays does (status ${status}); is the URL right?`,
    );
  return value;
}

async function exchange<T>(question: Question<T>): Promise<{ status: number; value: unknown }> {
  const { gateway, path, body, headers, signal } = question;
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    const response = await fetch(`${gateway}${path}`, {
      method: body === undefined ? "GET" : "POST",
      signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
      redirect: "error",
      headers: {
        accept: "application/json",
        ...(body !== undefined && { "content-type": "application/json", ...headers }),
      },
      ...(body !== undefined && { body }),
    });
    return { status: response.status, value: parseAnswer(await textOf(response)) };
  } catch (cause) {
    throw new FleetError("unreachable", `${gateway} cannot be reached (${reasonOf(cause)})`, {
      cause,
    });
  }
}

/** Up to a bound: what is longer is no answer of a gateway. */
async function textOf({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body ?? []) {
    length += part.length;
    if (length > MAX_ANSWER_BYTES) break;
    parts.push(part);
  }
  return length > MAX_ANSWER_BYTES ? "" : Buffer.concat(parts).toString("utf8");
}

function reasonOf(cause: unknown): string {
  const { name, message, cause: deeper } = cause as Error;
  if (name === "TimeoutError") return `no answer within ${PATIENCE_MS / 1_000} s`;
  return String((deeper as NodeJS.ErrnoException | undefined)?.code ?? message);
}

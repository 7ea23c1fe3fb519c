import type { ErrorBody } from "@wavry/signaling";

/** What the gateway refused, or that it could not be reached ("offline") or answered nonsense ("bad-answer"). */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  /** Stable, for programs: such as "wrong-credentials". */
  readonly code: string;
  /** HTTP; 0 where there was no answer. */
  readonly status: number;
  /** Names the request in the gateway's log. */
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: string,
    message: string,
    details: {
      readonly status?: number;
      readonly requestId?: string | undefined;
      readonly retryAfterSeconds?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
    this.code = code;
    this.status = details.status ?? 0;
    this.requestId = details.requestId;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  /** From an answer that is no success. */
  static async of(response: Response): Promise<ApiFailure> {
    const { status } = response;
    try {
      const { error } = (await response.json()) as ErrorBody;
      return new ApiFailure(error.code, error.message, { status, ...error });
    } catch (cause) {
      return new ApiFailure("bad-answer", `HTTP ${status}`, { status, cause });
    }
  }
}

/** Whether something is the refusal with this code. */
export function isFailure(error: unknown, code: string): boolean {
  return error instanceof ApiFailure && error.code === code;
}

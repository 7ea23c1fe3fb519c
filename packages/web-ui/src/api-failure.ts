import type { ErrorBody } from "@wavry/signaling";

/**
 * What the gateway refused. Codes of this side's: "offline" where it could not be reached, "bad-answer" where it
 * answered nonsense, "cancelled" where the person broke it off, "unexpected" for all else.
 */
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
      return new ApiFailure("bad-answer", `The gateway answered ${status}.`, { status, cause });
    }
  }

  /** Whatever was thrown, with its message. */
  static from(error: unknown): ApiFailure {
    if (error instanceof ApiFailure) return error;
    return new ApiFailure("unexpected", error instanceof Error ? error.message : String(error));
  }
}

/** Whether something is the refusal with this code. */
export function isFailure(error: unknown, code: string): boolean {
  return error instanceof ApiFailure && error.code === code;
}

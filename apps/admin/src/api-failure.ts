import type { ErrorBody } from "@wavry/signaling";

/** What the gateway refused; "offline" where it could not be reached, "bad-answer" where it answered nonsense. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  /** Stable, for programs: such as "wrong-token". */
  readonly code: string;
  /** HTTP; 0 where there was no answer. */
  readonly status: number;
  /** Names the request in the gateway's log. */
  readonly requestId: string | undefined;

  constructor(
    code: string,
    message: string,
    details: {
      readonly status?: number;
      readonly requestId?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
    this.code = code;
    this.status = details.status ?? 0;
    this.requestId = details.requestId;
  }

  /** From an answer that is no success. */
  static async of(response: Response): Promise<ApiFailure> {
    const { status } = response;
    try {
      const { code, message, requestId } = ((await response.json()) as ErrorBody).error;
      return new ApiFailure(code, message, { status, requestId });
    } catch (cause) {
      return new ApiFailure("bad-answer", `The gateway answered ${status}.`, { status, cause });
    }
  }

  /** Whatever was thrown, for people. */
  static from(error: unknown): ApiFailure {
    if (error instanceof ApiFailure) return error;
    return new ApiFailure("unexpected", error instanceof Error ? error.message : String(error));
  }
}

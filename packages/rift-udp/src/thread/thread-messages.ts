/** What a program and a thread that serves it say to each other. */

/** What a thread can be asked for: each call takes one argument or none, and both it and the answer can be cloned. */
export type ThreadCalls<Calls> = {
  readonly [Name in keyof Calls]: (argument: never) => unknown;
} & {
  /** Ends everything; the thread then calls `end`. Asked for more than once, it does no harm. */
  stop(): unknown;
};

/** The one argument of a call. */
export type ArgumentOf<Call> = Call extends (argument: infer Argument) => unknown
  ? unknown extends Argument
    ? undefined
    : Argument
  : never;

/** What a call answers. */
export type AnswerOf<Call> = Call extends (argument: never) => infer Answer
  ? Awaited<Answer>
  : never;

/** How the thread is started. */
export interface ThreadData {
  /** One word that becomes 1 when the thread has closed everything. */
  readonly gone: Int32Array<SharedArrayBuffer>;
}

/** To the thread. */
export interface CallMessage {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

/** From the thread; after "failed" it ends. */
export type ThreadReport<News> =
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "refusal"; readonly id: number; readonly error: SentError }
  | { readonly kind: "news"; readonly news: News }
  | { readonly kind: "failed"; readonly error: SentError };

/** An error as data: structured cloning would keep neither `code` nor a class of our own. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly stack?: string | undefined;
  readonly cause?: string | undefined;
}

/** Makes data of whatever was thrown. */
export function sendError(thrown: unknown): SentError {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown) };
  const { name, message, stack, cause } = thrown;
  const { code } = thrown as { code?: unknown };
  return {
    name,
    message,
    stack,
    code: typeof code === "string" ? code : undefined,
    cause: cause === undefined ? undefined : String(cause),
  };
}

/** Makes an error again: with its name, message, code and stack, but of no class of its own. */
export function receiveError({ name, message, code, stack, cause }: SentError): Error {
  const error = new Error(message, cause === undefined ? undefined : { cause });
  Object.assign(error, { name }, stack !== undefined && { stack }, code !== undefined && { code });
  return error;
}

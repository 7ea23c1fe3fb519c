import Type from "typebox";
import { type Message, message } from "./message.ts";

/** The body of every answer that is not a success. */
export interface ErrorBody {
  error: {
    /** Stable, for programs: such as "wrong-credentials". */
    code: string;
    /** For people: what happened and what to do. */
    message: string;
    /** Names this request in the gateway's log. */
    requestId: string;
    /** For "too-many-requests": when to come back. */
    retryAfterSeconds?: number;
  };
}

/** Schema of an error's body. */
export const ErrorBody: Message<ErrorBody> = message(
  Type.Object({
    error: Type.Object({
      code: Type.String(),
      message: Type.String(),
      requestId: Type.String(),
      retryAfterSeconds: Type.Optional(Type.Integer()),
    }),
  }),
);

import Type from "typebox";
import { type Message, message } from "../message.ts";
import { line, token } from "./text.ts";

const strict = { additionalProperties: false } as const;

/** A program asks for a code that a person approves in a browser (RFC 8628 §3.1). */
export interface LoginCodeStart {
  /** The machine's name, shown to the person. */
  label: string;
}
/** Schema of the start. */
export const LoginCodeStart: Message<LoginCodeStart> = message(
  Type.Object({ label: line(100, 1) }, strict),
);

/** RFC 8628 §3.2. */
export interface LoginCode {
  /** The program's own secret. */
  deviceCode: string;
  /** What the person types, such as "BCDF-GHJK". */
  userCode: string;
  verificationUri: string;
  /** With the user code filled in. */
  verificationUriComplete: string;
  expiresInSeconds: number;
  intervalSeconds: number;
}
/** Schema of a login code. */
export const LoginCode: Message<LoginCode> = message(
  Type.Object({
    deviceCode: Type.String(),
    userCode: Type.String(),
    verificationUri: Type.String(),
    verificationUriComplete: Type.String(),
    expiresInSeconds: Type.Integer(),
    intervalSeconds: Type.Integer(),
  }),
);

/**
 * Asks whether the person has decided. Until then the answer is an error (400): "authorization-pending", "slow-down" (add
 * five seconds to the interval), "access-denied", "expired-token".
 */
export interface LoginCodePoll {
  deviceCode: string;
}
/** Schema of a question. */
export const LoginCodePoll: Message<LoginCodePoll> = message(
  Type.Object({ deviceCode: token() }, strict),
);

/** What the person typed; case and dashes do not matter. */
export interface UserCode {
  userCode: string;
}
/** Schema of a user code. */
export const UserCode: Message<UserCode> = message(Type.Object({ userCode: line(20, 8) }, strict));

/** Who asks to be let in, for the person to judge. */
export interface LoginCodeInfo {
  label: string;
  /** From where the program asks. */
  address: string;
  createdAt: number;
  expiresAt: number;
}
/** Schema of who asks. */
export const LoginCodeInfo: Message<LoginCodeInfo> = message(
  Type.Object({
    label: Type.String(),
    address: Type.String(),
    createdAt: Type.Integer(),
    expiresAt: Type.Integer(),
  }),
);

import Type from "typebox";
import { type Message, message } from "../message.ts";
import type { PasskeyAnswer } from "./sessions.ts";
import { line, token } from "./text.ts";

const strict = { additionalProperties: false } as const;

/** A registered passkey. */
export interface Passkey {
  /** SHA-256 of the credential ID, base64url. */
  id: string;
  name: string;
  createdAt: number;
  lastUsedAt: number | null;
}
/** Schema of a passkey. */
export const Passkey: Message<Passkey> = message(
  Type.Object({
    id: Type.String(),
    name: Type.String(),
    createdAt: Type.Integer(),
    lastUsedAt: Type.Union([Type.Null(), Type.Integer()]),
  }),
);

/** The second factors of one's account. */
export interface SecondFactors {
  totp: boolean;
  passkeys: Passkey[];
  recoveryCodesLeft: number;
}
/** Schema of the second factors. */
export const SecondFactors: Message<SecondFactors> = message(
  Type.Object({
    totp: Type.Boolean(),
    passkeys: Type.Array(Passkey),
    recoveryCodesLeft: Type.Integer(),
  }),
);

/** A new TOTP secret; it counts once a code of it was entered. */
export interface TotpEnrolment {
  /** Base32, to be typed by hand. */
  secret: string;
  /** otpauth://… for a QR code. */
  url: string;
}
/** Schema of an enrolment. */
export const TotpEnrolment: Message<TotpEnrolment> = message(
  Type.Object({ secret: Type.String(), url: Type.String() }),
);

/** The first code of a new TOTP secret. */
export interface TotpConfirmation {
  totp: string;
}
/** Schema of the first code. */
export const TotpConfirmation: Message<TotpConfirmation> = message(
  Type.Object({ totp: Type.String({ pattern: "^[0-9]{6}$" }) }, strict),
);

/** Codes that each sign in once, told this once. */
export interface RecoveryCodes {
  recoveryCodes: string[];
}
/** Schema of recovery codes. */
export const RecoveryCodes: Message<RecoveryCodes> = message(
  Type.Object({ recoveryCodes: Type.Array(Type.String()) }),
);

/** What comes of a new factor: the first one brings recovery codes. */
export interface FactorAdded {
  recoveryCodes?: string[];
  /** For kind "program": its new bearer token; the old one is void. */
  token?: string;
}
/** Schema of a new factor's answer. */
export const FactorAdded: Message<FactorAdded> = message(
  Type.Object({
    recoveryCodes: Type.Optional(Type.Array(Type.String())),
    token: Type.Optional(Type.String()),
  }),
);

/** Registers a passkey. */
export interface PasskeyRegistration extends PasskeyAnswer {
  name: string;
}
/** Schema of a passkey's registration. */
export const PasskeyRegistration: Message<PasskeyRegistration> = message(
  Type.Object(
    {
      challengeId: Type.String({ pattern: "^[A-Za-z0-9_-]{22}$" }),
      credential: Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), {
        maxProperties: 20,
      }),
      name: line(64, 1),
    },
    strict,
  ),
);

/** Names a passkey. */
export interface PasskeyParams {
  id: string;
}
/** Schema of a passkey's path. */
export const PasskeyParams: Message<PasskeyParams> = message(Type.Object({ id: token() }, strict));

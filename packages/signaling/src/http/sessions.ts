import Type from "typebox";
import { type Message, message } from "../message.ts";
import { Account } from "./accounts.ts";
import { id, line, token } from "./text.ts";

const strict = { additionalProperties: false } as const;

/** A browser gets its token as a cookie that scripts cannot read, a program in the answer. */
export type SessionKind = "browser" | "program";
const kind = () => Type.Optional(Type.Union([Type.Literal("browser"), Type.Literal("program")]));

/** How a session is to be. */
export interface SessionWish {
  /** "browser" unless told. */
  kind?: SessionKind;
  /** What the person sees in the list; the browser's or program's name unless told. */
  label?: string;
}
const wish = () => ({ kind: kind(), label: Type.Optional(line(100)) });

/** Signs in with a password. */
export interface PasswordSignIn extends SessionWish {
  email: string;
  password: string;
}
/** Schema of signing in with a password. */
export const PasswordSignIn: Message<PasswordSignIn> = message(
  Type.Object(
    { email: line(254, 1), password: Type.String({ minLength: 1, maxLength: 256 }), ...wish() },
    strict,
  ),
);

/** One sign-in. */
export interface Session {
  id: string;
  kind: SessionKind;
  label: string;
  address: string;
  /** Milliseconds since 1970, like all times. */
  createdAt: number;
  lastSeenAt: number;
  expiresAt: number;
  /** The one that asks. */
  current: boolean;
}
/** Schema of one sign-in. */
export const Session: Message<Session> = message(
  Type.Object({
    id: Type.String(),
    kind: Type.Union([Type.Literal("browser"), Type.Literal("program")]),
    label: Type.String(),
    address: Type.String(),
    createdAt: Type.Integer(),
    lastSeenAt: Type.Integer(),
    expiresAt: Type.Integer(),
    current: Type.Boolean(),
  }),
);

/** All live sign-ins of the account, newest use first. */
export interface SessionList {
  sessions: Session[];
}
/** Schema of all sign-ins. */
export const SessionList: Message<SessionList> = message(
  Type.Object({ sessions: Type.Array(Session) }),
);

/** How a second factor may be shown. */
export type FactorMethod = "totp" | "recovery-code" | "passkey";
/** Schema of a method. */
export const FactorMethod: Message<FactorMethod> = message(
  Type.Union([Type.Literal("totp"), Type.Literal("recovery-code"), Type.Literal("passkey")]),
);

/** A session that was opened, or whose token was replaced. The old token is void. */
export interface SignedIn {
  status: "signed-in";
  account: Account;
  session: Session;
  /** For kind "program" only: the bearer token, told this once. */
  token?: string;
}
/** Schema of an opened session. */
export const SignedIn: Message<SignedIn> = message(
  Type.Object({
    status: Type.Literal("signed-in"),
    account: Account,
    session: Session,
    token: Type.Optional(Type.String()),
  }),
);

/** The password was right; the account wants a second factor too. */
export interface SecondFactorRequired {
  status: "second-factor-required";
  /** Good for some minutes and some tries. */
  ticket: string;
  methods: FactorMethod[];
}
/** Schema of a wanted second factor. */
export const SecondFactorRequired: Message<SecondFactorRequired> = message(
  Type.Object({
    status: Type.Literal("second-factor-required"),
    ticket: Type.String(),
    methods: Type.Array(FactorMethod),
  }),
);

/** The answer to a password. */
export type SignInAnswer = SignedIn | SecondFactorRequired;
/** Schema of the answer to a password. */
export const SignInAnswer: Message<SignInAnswer> = message(
  Type.Union([SignedIn, SecondFactorRequired]),
);

/** What a WebAuthn authenticator answered, as `@simplewebauthn/browser` gives it. */
export type CredentialJson = Record<string, unknown>;
const credential = (): Message<CredentialJson> =>
  message(Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { maxProperties: 20 }));

/** A challenge's ID with the signed answer to it. */
export interface PasskeyAnswer {
  challengeId: string;
  credential: CredentialJson;
}
/** Schema of a passkey's answer. */
export const PasskeyAnswer: Message<PasskeyAnswer> = message(
  Type.Object({ challengeId: id(), credential: credential() }, strict),
);

/** A challenge for a WebAuthn authenticator: `options` goes to navigator.credentials as it is. */
export interface PasskeyChallenge {
  challengeId: string;
  options: Record<string, unknown>;
}
/** Schema of a challenge. */
export const PasskeyChallenge: Message<PasskeyChallenge> = message(
  Type.Object({
    challengeId: Type.String(),
    options: Type.Record(Type.String(), Type.Unknown()),
  }),
);

/** Shows one second factor. */
export interface FactorProof {
  /** Six digits of the authenticator app. */
  totp?: string;
  recoveryCode?: string;
  passkey?: PasskeyAnswer;
}
const proof = () => ({
  totp: Type.Optional(Type.String({ pattern: "^[0-9]{6}$" })),
  recoveryCode: Type.Optional(line(32)),
  passkey: Type.Optional(PasskeyAnswer),
});

/** The second step of signing in. */
export interface SecondFactorSignIn extends SessionWish, FactorProof {
  ticket: string;
}
/** Schema of the second step. */
export const SecondFactorSignIn: Message<SecondFactorSignIn> = message(
  Type.Object({ ticket: token(), ...proof(), ...wish() }, strict),
);

/** Names a ticket. */
export interface TicketUse {
  ticket: string;
}
/** Schema of a ticket. */
export const TicketUse: Message<TicketUse> = message(Type.Object({ ticket: token() }, strict));

/** Signs in with a passkey alone. */
export interface PasskeySignIn extends SessionWish, PasskeyAnswer {}
/** Schema of signing in with a passkey. */
export const PasskeySignIn: Message<PasskeySignIn> = message(
  Type.Object({ challengeId: id(), credential: credential(), ...wish() }, strict),
);

/** Proves again who is signed in, before a sensitive change: the password, or a factor where there is one. */
export interface Confirmation extends FactorProof {
  password?: string;
}
/** Schema of a confirmation. */
export const Confirmation: Message<Confirmation> = message(
  Type.Object(
    { password: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })), ...proof() },
    strict,
  ),
);

/** The session that asks, and its account. */
export interface CurrentSession {
  account: Account;
  session: Session;
}
/** Schema of the session that asks. */
export const CurrentSession: Message<CurrentSession> = message(
  Type.Object({ account: Account, session: Session }),
);

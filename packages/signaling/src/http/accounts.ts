import Type from "typebox";
import { type Message, message } from "../message.ts";
import { id, line, token } from "./text.ts";

const strict = { additionalProperties: false } as const;
const email = () => line(254, 3);
const password = () => Type.String({ minLength: 1, maxLength: 256 });

/** What an account may do with the gateway itself. */
export type Role = "user" | "viewer" | "operator" | "admin";
/** Schema of a role. */
export const Role: Message<Role> = message(
  Type.Union([
    Type.Literal("user"),
    Type.Literal("viewer"),
    Type.Literal("operator"),
    Type.Literal("admin"),
  ]),
);

/** One's own account. */
export interface Account {
  id: string;
  email: string;
  username: string;
  displayName: string;
  role: Role;
  /** Milliseconds since 1970. */
  createdAt: number;
  hasPassword: boolean;
  hasSecondFactor: boolean;
}
/** Schema of one's own account. */
export const Account: Message<Account> = message(
  Type.Object({
    id: Type.String(),
    email: Type.String(),
    username: Type.String(),
    displayName: Type.String(),
    role: Role,
    createdAt: Type.Integer(),
    hasPassword: Type.Boolean(),
    hasSecondFactor: Type.Boolean(),
  }),
);

/** How this gateway takes people in; for the sign-in page. */
export interface RegistrationInfo {
  registration: "open" | "invitation" | "closed";
  /** False: whoever forgot a password asks an administrator. */
  mail: boolean;
}
/** Schema of how people are taken in. */
export const RegistrationInfo: Message<RegistrationInfo> = message(
  Type.Object({
    registration: Type.Union([
      Type.Literal("open"),
      Type.Literal("invitation"),
      Type.Literal("closed"),
    ]),
    mail: Type.Boolean(),
  }),
);

/** Asks for an account. */
export interface Registration {
  email: string;
  username: string;
  displayName: string;
  password: string;
  /** From a set-up or an invitation link. */
  link?: string;
}
/** Schema of a registration. */
export const Registration: Message<Registration> = message(
  Type.Object(
    {
      email: email(),
      username: line(32, 1),
      displayName: line(64, 1),
      password: password(),
      link: Type.Optional(token()),
    },
    strict,
  ),
);

/** What happens next; the same whether or not the e-mail has an account. */
export interface RegistrationAnswer {
  /** "registered": sign in now. "confirm-mail": follow the link in the letter first. */
  status: "registered" | "confirm-mail";
}
/** Schema of what happens next. */
export const RegistrationAnswer: Message<RegistrationAnswer> = message(
  Type.Object({
    status: Type.Union([Type.Literal("registered"), Type.Literal("confirm-mail")]),
  }),
);

/** Follows the link of a registration's letter. */
export interface RegistrationConfirmation {
  link: string;
  /** Another one, if the one that was asked for is taken by now. */
  username?: string;
}
/** Schema of a registration's confirmation. */
export const RegistrationConfirmation: Message<RegistrationConfirmation> = message(
  Type.Object({ link: token(), username: Type.Optional(line(32, 1)) }, strict),
);

/** Changes of one's own account. */
export interface AccountChange {
  username?: string;
  displayName?: string;
}
/** Schema of changes. */
export const AccountChange: Message<AccountChange> = message(
  Type.Object(
    { username: Type.Optional(line(32, 1)), displayName: Type.Optional(line(64, 1)) },
    strict,
  ),
);

/** A new password for who is signed in; other sessions end. */
export interface PasswordChange {
  password: string;
}
/** Schema of a new password. */
export const PasswordChange: Message<PasswordChange> = message(
  Type.Object({ password: password() }, strict),
);

/** Names an account by its e-mail: reset of its password, change to this address. */
export interface EmailRequest {
  email: string;
}
/** Schema of a request by e-mail. */
export const EmailRequest: Message<EmailRequest> = message(Type.Object({ email: email() }, strict));

/** The same for known and unknown e-mails. */
export interface PasswordResetAnswer {
  status: "check-mail" | "ask-administrator";
}
/** Schema of the answer. */
export const PasswordResetAnswer: Message<PasswordResetAnswer> = message(
  Type.Object({
    status: Type.Union([Type.Literal("check-mail"), Type.Literal("ask-administrator")]),
  }),
);

/** Sets a password with the link of a letter or an administrator; all sessions end. */
export interface PasswordReset {
  link: string;
  password: string;
}
/** Schema of a reset. */
export const PasswordReset: Message<PasswordReset> = message(
  Type.Object({ link: token(), password: password() }, strict),
);

/** Follows a link that needs nothing else. */
export interface LinkUse {
  link: string;
}
/** Schema of a link's use. */
export const LinkUse: Message<LinkUse> = message(Type.Object({ link: token() }, strict));

/** What an invitation holds, for the page that it leads to. */
export interface LinkInfo {
  purpose: "setup" | "invitation" | "password-reset" | "registration" | "email";
  /** Where the link is for one e-mail only. */
  email: string | null;
  /** Milliseconds since 1970. */
  expiresAt: number;
}
/** Schema of a link. */
export const LinkInfo: Message<LinkInfo> = message(
  Type.Object({
    purpose: Type.Union([
      Type.Literal("setup"),
      Type.Literal("invitation"),
      Type.Literal("password-reset"),
      Type.Literal("registration"),
      Type.Literal("email"),
    ]),
    email: Type.Union([Type.Null(), Type.String()]),
    expiresAt: Type.Integer(),
  }),
);

/** Done, and nothing to tell. */
export interface Done {
  ok: true;
}
/** Schema of "done". */
export const Done: Message<Done> = message(Type.Object({ ok: Type.Literal(true) }));

/** All that belongs to an account, without secrets: tables' rows by their names. */
export interface AccountExport {
  exportedAt: number;
  account: Record<string, unknown>;
  [table: string]: unknown;
}
/** Schema of an export. */
export const AccountExport: Message<AccountExport> = message(
  Type.Object(
    { exportedAt: Type.Integer(), account: Type.Record(Type.String(), Type.Unknown()) },
    { additionalProperties: true },
  ),
) as Message<AccountExport>;

/** The path parameter of routes about one thing. */
export interface IdParams {
  id: string;
}
/** Schema of the path parameter. */
export const IdParams: Message<IdParams> = message(Type.Object({ id: id() }, strict));

import Type from "typebox";
import { type Message, message } from "../../message.ts";
import { Role } from "../accounts.ts";
import { id, line } from "../text.ts";
import { AdminDevice } from "./devices.ts";
import { Order, type Page, type PageWish, page, pageWish, search } from "./page.ts";
import { AdminScreenSession, AdminSession } from "./sessions.ts";

const strict = { additionalProperties: false } as const;
const time = () => Type.Union([Type.Null(), Type.Integer()]);

/** Whether an account can be used. */
export type UserState = "active" | "disabled" | "banned";
/** Schema of that. */
export const UserState: Message<UserState> = message(
  Type.Union([Type.Literal("active"), Type.Literal("disabled"), Type.Literal("banned")]),
);

/** An account as administrators see it. */
export interface AdminUser {
  id: string;
  email: string;
  username: string;
  displayName: string;
  role: Role;
  state: UserState;
  createdAt: number;
  disabledAt: number | null;
  bannedAt: number | null;
  /** Null while banned: for good. */
  bannedUntil: number | null;
  banReason: string | null;
  hasPassword: boolean;
  hasSecondFactor: boolean;
  devices: number;
  /** Sign-ins that are valid. */
  sessions: number;
  /** When the newest of its sign-ins was used. */
  lastSeenAt: number | null;
}
/** Schema of an account. */
export const AdminUser: Message<AdminUser> = message(
  Type.Object({
    id: Type.String(),
    email: Type.String(),
    username: Type.String(),
    displayName: Type.String(),
    role: Role,
    state: UserState,
    createdAt: Type.Integer(),
    disabledAt: time(),
    bannedAt: time(),
    bannedUntil: time(),
    banReason: Type.Union([Type.Null(), Type.String()]),
    hasPassword: Type.Boolean(),
    hasSecondFactor: Type.Boolean(),
    devices: Type.Integer(),
    sessions: Type.Integer(),
    lastSeenAt: time(),
  }),
);

/** Which accounts, in which order. */
export interface AdminUserQuery extends PageWish {
  /** In e-mail, username, display name, or the ID itself. */
  search?: string;
  state?: UserState;
  role?: Role;
  /** "created" unless told. */
  sort?: "created" | "email" | "username";
  /** "desc" for "created", "asc" otherwise, unless told. */
  order?: Order;
}
/** Schema of that. */
export const AdminUserQuery: Message<AdminUserQuery> = message(
  Type.Object(
    {
      ...pageWish(),
      search: search(),
      state: Type.Optional(UserState),
      role: Type.Optional(Role),
      sort: Type.Optional(
        Type.Union([Type.Literal("created"), Type.Literal("email"), Type.Literal("username")]),
      ),
      order: Type.Optional(Order),
    },
    strict,
  ),
);

/** Which banned accounts, newest ban first. */
export interface AdminBanQuery extends PageWish {
  /** In e-mail, username or the ban's reason. */
  search?: string;
}
/** Schema of that. */
export const AdminBanQuery: Message<AdminBanQuery> = message(
  Type.Object({ ...pageWish(), search: search() }, strict),
);

/** Accounts. */
export type AdminUserPage = Page<AdminUser>;
/** Schema of accounts. */
export const AdminUserPage: Message<AdminUserPage> = page(AdminUser);

/** One account with all that it has; of each list the newest 100. */
export interface AdminUserDetail {
  user: AdminUser;
  totp: boolean;
  passkeys: number;
  recoveryCodesLeft: number;
  devices: AdminDevice[];
  sessions: AdminSession[];
  /** Those that run, as client or on one of its hosts. */
  screenSessions: AdminScreenSession[];
}
/** Schema of one account. */
export const AdminUserDetail: Message<AdminUserDetail> = message(
  Type.Object({
    user: AdminUser,
    totp: Type.Boolean(),
    passkeys: Type.Integer(),
    recoveryCodesLeft: Type.Integer(),
    devices: Type.Array(AdminDevice),
    sessions: Type.Array(AdminSession),
    screenSessions: Type.Array(AdminScreenSession),
  }),
);

/** Gives an account another role; it signs in anew. */
export interface RoleChange {
  role: Role;
}
/** Schema of that. */
export const RoleChange: Message<RoleChange> = message(Type.Object({ role: Role }, strict));

/** Bans an account: all that it has open ends at once. */
export interface BanWish {
  userId: string;
  /** Milliseconds since 1970; null or left out: for good. */
  until?: number | null;
  /** For administrators. */
  reason?: string;
}
/** Schema of a ban. */
export const BanWish: Message<BanWish> = message(
  Type.Object(
    {
      userId: id(),
      until: Type.Optional(
        Type.Union([Type.Null(), Type.Integer({ minimum: 0, maximum: 8.64e15 })]),
      ),
      reason: Type.Optional(line(500)),
    },
    strict,
  ),
);

/** Lifts a ban. */
export interface UnbanWish {
  userId: string;
}
/** Schema of that. */
export const UnbanWish: Message<UnbanWish> = message(Type.Object({ userId: id() }, strict));

/** A link to pass on by hand; whoever has it can use it, once. */
export interface HandedLink {
  url: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}
/** Schema of such a link. */
export const HandedLink: Message<HandedLink> = message(
  Type.Object({ url: Type.String(), expiresAt: Type.Integer() }),
);

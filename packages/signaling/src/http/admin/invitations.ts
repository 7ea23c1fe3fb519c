import Type from "typebox";
import { type Message, message } from "../../message.ts";
import { Role } from "../accounts.ts";
import { line } from "../text.ts";
import { type Page, type PageWish, page, pageWish } from "./page.ts";

const strict = { additionalProperties: false } as const;

/** An invitation that can still be used. */
export interface AdminInvitation {
  /** Names it; cannot be used as a link. */
  id: string;
  /** Null: anyone's. */
  email: string | null;
  role: Role;
  /** A username, "token" for ADMIN_PANEL_TOKEN; null where nobody knows any more. */
  createdBy: string | null;
  createdAt: number;
  expiresAt: number;
}
/** Invitations, newest first. */
export type AdminInvitationPage = Page<AdminInvitation>;
/** Schema of invitations. */
export const AdminInvitationPage: Message<AdminInvitationPage> = page(
  message(
    Type.Object({
      id: Type.String(),
      email: Type.Union([Type.Null(), Type.String()]),
      role: Role,
      createdBy: Type.Union([Type.Null(), Type.String()]),
      createdAt: Type.Integer(),
      expiresAt: Type.Integer(),
    }),
  ),
);

/** Which part of them. */
export interface AdminInvitationQuery extends PageWish {}
/** Schema of that. */
export const AdminInvitationQuery: Message<AdminInvitationQuery> = message(
  Type.Object(pageWish(), strict),
);

/** Asks for an invitation. */
export interface InvitationRequest {
  /** The only e-mail that may use it. */
  email?: string;
  /** "user" unless told; more takes an admin. */
  role?: Role;
  /** 7 unless told. */
  days?: number;
}
/** Schema of that. */
export const InvitationRequest: Message<InvitationRequest> = message(
  Type.Object(
    {
      email: Type.Optional(line(254, 3)),
      role: Type.Optional(Role),
      days: Type.Optional(Type.Integer({ minimum: 1, maximum: 90 })),
    },
    strict,
  ),
);

/** Names an invitation. */
export interface InvitationParams {
  id: string;
}
/** Schema of the path parameter. */
export const InvitationParams: Message<InvitationParams> = message(
  Type.Object({ id: Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" }) }, strict),
);

import Type from "typebox";
import { type Message, message } from "../../message.ts";
import { type Right, Rights } from "../../rights.ts";
import type { SessionKind } from "../sessions.ts";
import { id, line } from "../text.ts";
import { Order, type Page, type PageWish, page, pageWish, search, UserRef } from "./page.ts";

const strict = { additionalProperties: false } as const;

/** A sign-in as administrators see it. */
export interface AdminSession {
  id: string;
  user: UserRef;
  kind: SessionKind;
  label: string;
  address: string;
  createdAt: number;
  lastSeenAt: number;
  expiresAt: number;
  /** A second factor was shown in it. */
  secondFactor: boolean;
  /** The one that asks. */
  current: boolean;
}
/** Schema of a sign-in. */
export const AdminSession: Message<AdminSession> = message(
  Type.Object({
    id: Type.String(),
    user: UserRef,
    kind: Type.Union([Type.Literal("browser"), Type.Literal("program")]),
    label: Type.String(),
    address: Type.String(),
    createdAt: Type.Integer(),
    lastSeenAt: Type.Integer(),
    expiresAt: Type.Integer(),
    secondFactor: Type.Boolean(),
    current: Type.Boolean(),
  }),
);

/** Which sign-ins that are valid, in which order. */
export interface AdminSessionQuery extends PageWish {
  /** In the owner's username or e-mail, label or address. */
  search?: string;
  userId?: string;
  /** "created" unless told. */
  sort?: "created" | "seen";
  /** "desc" unless told. */
  order?: Order;
}
/** Schema of that. */
export const AdminSessionQuery: Message<AdminSessionQuery> = message(
  Type.Object(
    {
      ...pageWish(),
      search: search(),
      userId: Type.Optional(id()),
      sort: Type.Optional(Type.Union([Type.Literal("created"), Type.Literal("seen")])),
      order: Type.Optional(Order),
    },
    strict,
  ),
);

/** Sign-ins. */
export type AdminSessionPage = Page<AdminSession>;
/** Schema of sign-ins. */
export const AdminSessionPage: Message<AdminSessionPage> = page(AdminSession);

/** One client on one host's screen, as administrators see it. */
export interface AdminScreenSession {
  id: string;
  hostId: string;
  /** Null where the device is gone. */
  hostName: string | null;
  clientId: string;
  clientName: string | null;
  /** Null for a guest of a share link. */
  user: UserRef | null;
  /** On what ground it runs. */
  ground: "owner" | "grant" | "share-link";
  rights: Right[];
  startedAt: number;
  /** Null while it runs. */
  endedAt: number | null;
  endReason: string | null;
}
/** Schema of such a session. */
export const AdminScreenSession: Message<AdminScreenSession> = message(
  Type.Object({
    id: Type.String(),
    hostId: Type.String(),
    hostName: Type.Union([Type.Null(), Type.String()]),
    clientId: Type.String(),
    clientName: Type.Union([Type.Null(), Type.String()]),
    user: Type.Union([Type.Null(), UserRef]),
    ground: Type.Union([Type.Literal("owner"), Type.Literal("grant"), Type.Literal("share-link")]),
    rights: Rights,
    startedAt: Type.Integer(),
    endedAt: Type.Union([Type.Null(), Type.Integer()]),
    endReason: Type.Union([Type.Null(), Type.String()]),
  }),
);

/** Which of them, newest first. */
export interface AdminScreenSessionQuery extends PageWish {
  /** In the user's name or e-mail, the devices' names or Wavry IDs. */
  search?: string;
  /** "live" unless told. */
  state?: "live" | "ended";
  userId?: string;
}
/** Schema of that. */
export const AdminScreenSessionQuery: Message<AdminScreenSessionQuery> = message(
  Type.Object(
    {
      ...pageWish(),
      search: search(),
      state: Type.Optional(Type.Union([Type.Literal("live"), Type.Literal("ended")])),
      userId: Type.Optional(id()),
    },
    strict,
  ),
);

/** Such sessions. */
export type AdminScreenSessionPage = Page<AdminScreenSession>;
/** Schema of such sessions. */
export const AdminScreenSessionPage: Message<AdminScreenSessionPage> = page(AdminScreenSession);

/** Ends what exactly one of these names. */
export interface Revocation {
  /** One sign-in. */
  sessionId?: string;
  /** All sign-ins of an account. */
  userId?: string;
  /** One client on one host's screen. */
  screenSessionId?: string;
}
/** Schema of that. */
export const Revocation: Message<Revocation> = message(
  Type.Object(
    {
      sessionId: Type.Optional(id()),
      userId: Type.Optional(id()),
      screenSessionId: Type.Optional(line(64, 1)),
    },
    strict,
  ),
);

/** How many ended. */
export interface Revoked {
  revoked: number;
}
/** Schema of that. */
export const Revoked: Message<Revoked> = message(Type.Object({ revoked: Type.Integer() }));

import Type from "typebox";
import { type Message, message } from "../../message.ts";
import { line } from "../text.ts";
import { Order, type Page, type PageWish, page, pageWish } from "./page.ts";

/** One security event. */
export interface AuditEntry {
  seq: number;
  /** Milliseconds since 1970. */
  at: number;
  /** User ID, "token", "system", or "" for a stranger. */
  actor: string;
  /** The actor's username, while the account exists. */
  actorName: string | null;
  address: string;
  action: string;
  target: string;
  /** The target's username, if it is an account that exists. */
  targetName: string | null;
  /** JSON object. */
  details: string;
}

/** Security events. */
export type AuditPage = Page<AuditEntry>;
/** Schema of security events. */
export const AuditPage: Message<AuditPage> = page(
  message(
    Type.Object({
      seq: Type.Integer(),
      at: Type.Integer(),
      actor: Type.String(),
      actorName: Type.Union([Type.Null(), Type.String()]),
      address: Type.String(),
      action: Type.String(),
      target: Type.String(),
      targetName: Type.Union([Type.Null(), Type.String()]),
      details: Type.String(),
    }),
  ),
);

/** Which events. */
export interface AuditQuery extends PageWish {
  /** ID, username or e-mail of who did it; "token", "system". */
  actor?: string;
  /** What it begins with: "user." for all about accounts. */
  action?: string;
  /** An ID; of an account also its username or e-mail. */
  target?: string;
  /** Milliseconds since 1970, included. */
  from?: number;
  /** Not included. */
  to?: number;
  /** "desc", newest first, unless told. */
  order?: Order;
}
/** Schema of that. */
export const AuditQuery: Message<AuditQuery> = message(
  Type.Object(
    {
      ...pageWish(),
      actor: Type.Optional(line(254)),
      action: Type.Optional(line(100)),
      target: Type.Optional(line(254)),
      from: Type.Optional(Type.Integer({ minimum: 0, maximum: 8.64e15 })),
      to: Type.Optional(Type.Integer({ minimum: 0, maximum: 8.64e15 })),
      order: Type.Optional(Order),
    },
    { additionalProperties: false },
  ),
);

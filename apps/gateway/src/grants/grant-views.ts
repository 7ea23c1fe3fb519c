import {
  ALL_RIGHTS,
  type Grant,
  type GrantOffer,
  type Right,
  type ShareLink,
} from "@wavry/signaling";
import type { GrantOfferRow, GrantRow, ShareLinkRow, UserRow } from "../store/schema.ts";

/** Rights as a row keeps them: in the order of ALL_RIGHTS, each once. */
export function writeRights(rights: readonly Right[]): string {
  return JSON.stringify(ALL_RIGHTS.filter((right) => rights.includes(right)));
}

/** The rights of a row; such as this version does not know are left out. */
export function readRights(text: string): Right[] {
  const rights: unknown[] = JSON.parse(text);
  return ALL_RIGHTS.filter((right) => rights.includes(right));
}

/** A grant as the host's owner sees it. */
export function grantView(row: GrantRow, user: Pick<UserRow, "username" | "display_name">): Grant {
  return {
    id: row.id,
    hostId: row.host_id,
    userId: row.user_id,
    username: user.username,
    displayName: user.display_name,
    rights: readRights(row.rights),
    askFirst: row.ask_first === 1,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

/** An offer as the host's owner sees it: nothing tells whether there is such a person. */
export function offerView(row: GrantOfferRow): GrantOffer {
  return {
    id: row.id,
    hostId: row.host_id,
    to: row.recipient,
    rights: readRights(row.rights),
    askFirst: row.ask_first === 1,
    createdAt: row.created_at,
    offerEndsAt: row.offer_ends_at,
    expiresAt: row.expires_at,
  };
}

/** A link as the host's owner sees it, without its token. */
export function linkView(row: ShareLinkRow): ShareLink {
  return {
    id: row.id,
    hostId: row.host_id,
    rights: readRights(row.rights),
    askFirst: row.ask_first === 1,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    maxUses: row.max_uses,
    uses: row.uses,
  };
}

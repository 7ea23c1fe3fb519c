import Type from "typebox";
import { type Message, message } from "../message.ts";
import { type Right, Rights } from "../rights.ts";
import { STRICT, wavryId } from "../socket/fields.ts";
import { SomeRights } from "./grants.ts";
import { id, token } from "./text.ts";

/** A link that lets whoever has it in on one host. */
export interface ShareLink {
  id: string;
  hostId: string;
  rights: Right[];
  askFirst: boolean;
  createdAt: number;
  expiresAt: number;
  /** How many devices may come in by it; null: any number. */
  maxUses: number | null;
  /** How many devices did. */
  uses: number;
}
/** Schema of a link. */
export const ShareLink: Message<ShareLink> = message(
  Type.Object({
    id: id(),
    hostId: wavryId(),
    rights: Rights,
    askFirst: Type.Boolean(),
    createdAt: Type.Integer(),
    expiresAt: Type.Integer(),
    maxUses: Type.Union([Type.Integer(), Type.Null()]),
    uses: Type.Integer(),
  }),
);

/** A host's links. */
export interface ShareLinkList {
  links: ShareLink[];
}
/** Schema of the list. */
export const ShareLinkList: Message<ShareLinkList> = message(
  Type.Object({ links: Type.Array(ShareLink) }),
);

/** A new link. */
export interface ShareLinkWish {
  rights: Right[];
  askFirst: boolean;
  /** At most 30 days. */
  seconds: number;
  maxUses?: number;
}
/** Schema of the wish. */
export const ShareLinkWish: Message<ShareLinkWish> = message(
  Type.Object(
    {
      rights: SomeRights,
      askFirst: Type.Boolean(),
      seconds: Type.Integer({ minimum: 60, maximum: 30 * 86_400 }),
      maxUses: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    },
    STRICT,
  ),
);

/** A link with what nobody sees again. */
export interface NewShareLink {
  link: ShareLink;
  token: string;
  /** The page that opens it; the token is behind "#", where no server sees it. */
  url: string;
}
/** Schema of a new link. */
export const NewShareLink: Message<NewShareLink> = message(
  Type.Object({ link: ShareLink, token: token(), url: Type.String() }),
);

import Type, {
  type TArray,
  type TObject,
  type TOptional,
  type TSchema,
  type TString,
} from "typebox";
import { type Message, message } from "../../message.ts";
import { line } from "../text.ts";

/** How many a page holds at most. */
export const MAX_PAGE_ITEMS = 100;

/** Which part of a list. What is added meanwhile neither repeats nor hides an entry. */
export interface PageWish {
  /** `nextCursor` of the page before; the beginning unless told. Only for the same search and order. */
  cursor?: string;
  /** 50 unless told, at most 100. */
  limit?: number;
}
/** The fields of a PageWish. */
export function pageWish(): { cursor: TOptional<TString>; limit: TOptional<Message<number>> } {
  return {
    cursor: Type.Optional(Type.String({ maxLength: 1_000, pattern: "^[A-Za-z0-9_-]+$" })),
    limit: Type.Optional(message(Type.Integer({ minimum: 1, maximum: MAX_PAGE_ITEMS }))),
  };
}

/** Which way a list goes. */
export type Order = "asc" | "desc";
/** Schema of a way. */
export const Order: Message<Order> = message(
  Type.Union([Type.Literal("asc"), Type.Literal("desc")]),
);

/** One part of a list. */
export interface Page<T> {
  items: T[];
  /** Null on the last page. */
  nextCursor: string | null;
}
/** The schema of a page of such items. */
export function page<T>(item: Message<T>): Message<Page<T>> {
  const items: TArray<TSchema> = Type.Array(item, { maxItems: MAX_PAGE_ITEMS });
  const schema: TObject = Type.Object({
    items,
    nextCursor: Type.Union([Type.Null(), Type.String()]),
  });
  return schema as unknown as Message<Page<T>>;
}

/** What a list is searched for: the text stands anywhere in one of its columns. */
export function search(): TOptional<TString> {
  return Type.Optional(line(100));
}

/** An account where it is only mentioned. */
export interface UserRef {
  id: string;
  username: string;
}
/** Schema of a mentioned account. */
export const UserRef: Message<UserRef> = message(
  Type.Object({ id: Type.String(), username: Type.String() }),
);

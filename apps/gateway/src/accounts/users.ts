import type { Kysely } from "kysely";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { newId } from "../keys.ts";
import type { Tables, UserRow } from "../store/schema.ts";

/** What a new account begins with; all in normal form. */
export interface NewUser {
  readonly email: string;
  readonly username: string;
  readonly displayName: string;
  /** Null: by sign-in links only, until the account has a password or a passkey. */
  readonly passwordHash: string | null;
  readonly role: UserRow["role"];
}

/** Makes an account; undefined if the e-mail has one. Throws 409 "username-taken". */
export async function insertUser(
  context: Context,
  db: Kysely<Tables>,
  wish: NewUser,
): Promise<UserRow | undefined> {
  const user: UserRow = {
    id: newId(),
    email: wish.email,
    username: wish.username,
    display_name: wish.displayName,
    password_hash: wish.passwordHash,
    role: wish.role,
    created_at: context.now(),
    disabled_at: null,
    banned_at: null,
    banned_until: null,
    ban_reason: null,
    totp_secret: null,
    totp_confirmed_at: null,
    totp_last_step: null,
  };
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("users")
    .values(user)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows !== 0n) return user;
  if ((await findByEmail(db, wish.email)) !== undefined) return undefined;
  throw usernameTaken();
}

/** The account of an e-mail in normal form. */
export function findByEmail(db: Kysely<Tables>, email: string): Promise<UserRow | undefined> {
  return db.selectFrom("users").selectAll().where("email", "=", email).executeTakeFirst();
}

/** An account by its ID; throws 404 "not-found". */
export async function requireUser(db: Kysely<Tables>, userId: string): Promise<UserRow> {
  const user = await db.selectFrom("users").selectAll().where("id", "=", userId).executeTakeFirst();
  if (user === undefined) throw new ApiError(404, "not-found", "there is no such account");
  return user;
}

/** 409. Usernames are shown to others: that one is taken is no secret. */
export function usernameTaken(): ApiError {
  return new ApiError(409, "username-taken", "this username is taken; choose another one");
}

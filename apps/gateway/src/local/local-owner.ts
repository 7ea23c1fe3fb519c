import type { Kysely } from "kysely";
import { insertUser } from "../accounts/users.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { isShutOut } from "../sessions/session-service.ts";
import type { Tables, UserRow } from "../store/schema.ts";

const OWNER = "local.owner";

/**
 * The account of whoever runs this gateway for their own machine (`wavry up`); made at the first call, an administrator
 * without a password. Throws 409 "has-accounts" where other people's accounts were here first, 403 "account-disabled".
 */
export async function localOwner(context: Context): Promise<UserRow> {
  const { owner, isNew } = await context.store.db.transaction().execute(async (db) => {
    const known = await findOwner(db);
    if (known !== undefined) return { owner: known, isNew: false };
    return { owner: await makeOwner(context, db), isNew: true };
  });
  if (isNew)
    await context.audit.record({
      ...{ actor: "system", address: "", action: "account.registered", target: owner.id },
      details: { role: owner.role, method: "local-owner" },
    });
  if (isShutOut(owner, context.now()))
    throw new ApiError(403, "account-disabled", "the owner's account of this gateway is shut out");
  return owner;
}

/** The local owner, where there is one who has neither password nor passkey, so that only sign-in links let them in. */
export async function ownerWithoutKeys(context: Context): Promise<UserRow | undefined> {
  const { db } = context.store;
  const owner = await findOwner(db);
  if (owner === undefined || owner.password_hash !== null) return undefined;
  const passkey = await db
    .selectFrom("passkeys")
    .select("id")
    .where("user_id", "=", owner.id)
    .limit(1)
    .executeTakeFirst();
  return passkey === undefined ? owner : undefined;
}

async function findOwner(db: Kysely<Tables>): Promise<UserRow | undefined> {
  return await db
    .selectFrom("users")
    .selectAll()
    .where("id", "=", (e) =>
      e.selectFrom("settings").select("settings.value").where("settings.key", "=", OWNER),
    )
    .executeTakeFirst();
}

async function makeOwner(context: Context, db: Kysely<Tables>): Promise<UserRow> {
  const somebody = await db.selectFrom("users").select("id").limit(1).executeTakeFirst();
  if (somebody !== undefined)
    throw new ApiError(409, "has-accounts", "this gateway has accounts of its own already");
  const owner = await insertUser(context, db, {
    ...{ email: "owner@localhost", username: "owner", displayName: "Owner" },
    ...{ passwordHash: null, role: "admin" },
  });
  if (owner === undefined) throw new Error("an account appeared within a transaction");
  await db
    .insertInto("settings")
    .values({ key: OWNER, value: owner.id })
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ value: owner.id }))
    .execute();
  // A set-up link that was printed before would make a second administrator.
  await db.deleteFrom("one_time_links").where("purpose", "=", "setup").execute();
  return owner;
}

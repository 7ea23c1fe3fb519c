import type { OneTimeLink } from "../accounts/one-time-links.ts";
import type { Context } from "../context.ts";
import { createSignInLink } from "../sessions/sign-in-link.ts";
import { ownerWithoutKeys } from "./local-owner.ts";

/**
 * A sign-in link for the owner that `wavry up` made, as long as nothing else lets them in; undefined where there is no such
 * owner. For who runs the gateway.
 */
export async function createOwnerLink(context: Context): Promise<OneTimeLink | undefined> {
  const owner = await ownerWithoutKeys(context);
  return owner === undefined ? undefined : await createSignInLink(context, owner, {});
}

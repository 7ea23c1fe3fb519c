import { IdentityCheck } from "@wavry/web-ui";

/** The one question of this page. */
export const identityCheck: IdentityCheck = new IdentityCheck();

/** Does what the gateway may want a fresh proof of identity for, asking for it where it does. */
export function whenConfirmed<T>(act: () => Promise<T>): Promise<T> {
  return identityCheck.with(act);
}

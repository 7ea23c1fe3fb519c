import { IdentityCheck } from "@wavry/web-ui";

/** The one question of this page for a fresh proof. */
export const proof: IdentityCheck = new IdentityCheck();

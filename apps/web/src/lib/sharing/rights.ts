import type { Right } from "@wavry/signaling";
import { ApiFailure } from "@wavry/web-ui";
import { t } from "../text/text.ts";

/** All rights, in the order in which they are shown. */
export const RIGHTS: readonly Right[] = [
  "view",
  "control",
  "audio",
  "clipboard",
  "files",
  "gamepad",
];

/** Rights in words, one after another. */
export function describeRights(rights: readonly Right[]): string {
  return RIGHTS.filter((right) => rights.includes(right))
    .map((right) => t.shortRights[right])
    .join(", ");
}

/** Throws ApiFailure "no-rights" where nothing is allowed. */
export function requireRights(rights: readonly Right[]): Right[] {
  if (rights.length === 0) throw new ApiFailure("no-rights", "allow something");
  return [...rights];
}

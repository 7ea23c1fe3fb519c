import type { Text } from "../text/text.ts";

/** Why there is no screen any longer, or never was: what the person is told. */
export type OutcomeKind = keyof Text["screen"]["outcomes"];

/** What can be done about it. */
export type OutcomeAction = keyof Text["screen"]["actions"];

/** How a session ended. */
export interface Outcome {
  readonly kind: OutcomeKind;
  /** The program's own word, for whoever is asked for help. */
  readonly code: string;
}

/** By the codes of the gateway, its sessions' ends, its close reasons, the host and `<wavry-screen>`. */
const KINDS: Readonly<Record<string, OutcomeKind>> = {
  disconnected: "disconnected",
  aborted: "disconnected",
  "client-ended": "disconnected",
  "no-grant": "no-grant",
  refused: "refused",
  "grant-ended": "revoked",
  forgotten: "revoked",
  "grant-changed": "changed",
  "host-offline": "host-offline",
  "host-gone": "host-offline",
  "peer-offline": "host-offline",
  offline: "gateway-offline",
  closed: "gateway-offline",
  "bad-answer": "gateway-offline",
  "gateway-unreachable": "gateway-offline",
  lost: "lost",
  timeout: "lost",
  "client-gone": "lost",
  "no-session": "lost",
  "not-started": "lost",
  unreachable: "unreachable",
  "wrong-identity": "wrong-identity",
  "wrong-certificate": "wrong-identity",
  "wrong-host": "wrong-identity",
  "key-changed": "key-changed",
  "share-link-ended": "link-ended",
  "link-void": "link-ended",
  expired: "expired",
  "account-banned": "banned",
  "account-disabled": "account-closed",
  "account-deleted": "account-closed",
  "account-ended": "account-closed",
  "device-removed": "device-removed",
  "not-enrolled": "device-removed",
  "signed-out": "signed-out",
  "sign-in-required": "signed-out",
  replaced: "replaced",
  busy: "busy",
  "too-many-sessions": "busy",
  "too-many-requests": "busy",
  "too-many-connections": "busy",
  "unsupported-browser": "unsupported",
  "insecure-context": "insecure",
  "host-closed": "stopped",
  "host-stopped": "stopped",
  shutdown: "stopped",
  stopped: "stopped",
  "display-closed": "stopped",
  "capture-failed": "stopped",
  "identity-failed": "unknown",
  failed: "unknown",
  internal: "unknown",
  "wrong-role": "unknown",
  "wrong-issuer": "unknown",
};

/** Codes that say little; who hears one may soon hear from the gateway why. */
const VAGUE: readonly string[] = ["refused", "host-closed", "lost", "host-gone", "closed"];

/** Whether the gateway may know better why it is over. */
export function isVague(code: string): boolean {
  return VAGUE.includes(code);
}

/** What a code means. One that nobody here knows is some reason of the host's or an administrator's. */
export function outcomeOf(
  code: string,
  { wasIn, guest }: { readonly wasIn: boolean; readonly guest: boolean },
): Outcome {
  // A guest knows less of the machine, and whom to ask.
  if (code === "key-changed" && guest) return { kind: "key-changed-for-guest", code };
  // Who was in was not turned away at the door.
  if (code === "refused" && wasIn) return { kind: "ended", code };
  return { kind: KINDS[code] ?? "ended", code };
}

/** What is offered, the best first. A guest has no machines. */
export function actionsFor(
  { kind }: Outcome,
  { guest }: { readonly guest: boolean },
): OutcomeAction[] {
  const first = FIRST[kind];
  const actions: OutcomeAction[] = first === undefined ? [] : [first];
  if (!guest) actions.push("machines");
  return actions;
}

const FIRST: Readonly<Record<OutcomeKind, OutcomeAction | undefined>> = {
  disconnected: "again",
  ended: "again",
  stopped: "again",
  "no-grant": "tryAgain",
  refused: "askAgain",
  revoked: "tryAgain",
  changed: "again",
  "host-offline": "tryAgain",
  "gateway-offline": "tryAgain",
  lost: "again",
  unreachable: "tryAgain",
  // Nothing to be tried on a network that lies.
  "wrong-identity": undefined,
  "key-changed": "trust",
  "key-changed-for-guest": "trust",
  "link-ended": "tryAgain",
  expired: "tryAgain",
  banned: undefined,
  "account-closed": undefined,
  "device-removed": "again",
  "signed-out": "signIn",
  replaced: "again",
  busy: "tryAgain",
  unsupported: "tryAgain",
  insecure: "tryAgain",
  unknown: "tryAgain",
};

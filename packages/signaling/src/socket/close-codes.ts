/** Why a side closed the WebSocket (spec/signaling.md §7). */
export const CloseCode = {
  /** The sender is done; nothing is kept. */
  done: 1000,
  /** The gateway restarts: come back, to another replica perhaps. */
  restart: 1012,
  /** Not JSON of this protocol, or not at this time. */
  badMessage: 4400,
  /** Not signed in, or not any more. */
  signedOut: 4401,
  /** This device may not come in: not enrolled, a wrong proof, an account that is banned. */
  forbidden: 4403,
  /** Silence, or no `hello` in time. */
  timeout: 4408,
  /** The same device came in anew elsewhere. */
  replaced: 4409,
  /** The device was removed from its account, or the share link ended. */
  removed: 4410,
  /** The other side reads too slowly. */
  tooSlow: 4413,
  /** Too many messages or connections. */
  tooMany: 4429,
  /** Something failed at the gateway. */
  internal: 4500,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

const FINAL: ReadonlySet<number> = new Set([
  CloseCode.signedOut,
  CloseCode.forbidden,
  CloseCode.replaced,
  CloseCode.removed,
]);

/** True for the codes after which coming back is of no use until a person did something. */
export function isFinalClose(code: number): boolean {
  return FINAL.has(code);
}

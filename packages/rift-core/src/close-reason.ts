/** Why a connection ended; the numbers stand on the wire (spec/rift.md §8). */
export const CloseReason = {
  /** Someone meant to end it. */
  done: 1,
  /** The program is going down. */
  shutdown: 2,
  /** The same device connected anew. */
  replaced: 3,
  /** Nothing was heard for too long. Local only, never sent. */
  timeout: 4,
  /** The peer's bytes broke the protocol although they were authentic. */
  protocolError: 5,
  /** The peer may not do this (any more). */
  refused: 6,
  /** The peer did not keep up with control messages. */
  overflow: 7,
  /** Something broke on the sender's side. */
  internalError: 8,
  /** The pairing was taken back. */
  forgotten: 9,
} as const;
/** A known reason, or another number in 1..255 from a newer peer. */
export type CloseReason = (typeof CloseReason)[keyof typeof CloseReason];

/** The name of a reason for people and logs; "unknown" for a number that this version does not know. */
export function closeReasonName(reason: number): string {
  for (const [name, value] of Object.entries(CloseReason)) if (value === reason) return name;
  return "unknown";
}

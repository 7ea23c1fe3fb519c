import type { Candidate, Hello, NumberedServerMessage, Unnumbered } from "@wavry/signaling";
import type { Peer } from "./peer.ts";

/** Whether a device takes offers of relays. */
export function knowsRelays(peer: Peer): boolean {
  return peer.identity.protocol >= 2;
}

/** A message as a device of this protocol understands it; undefined: it does not. */
export function forProtocol(
  protocol: Hello["protocol"],
  message: Unnumbered<NumberedServerMessage>,
): Unnumbered<NumberedServerMessage> | undefined {
  if (protocol >= 2) return message;
  switch (message.type) {
    case "relay":
      return undefined;
    case "candidates":
      return { ...message, candidates: known(message.candidates) };
    case "granted":
    case "incoming": {
      const { relays: _, stun: __, ...rest } = message;
      return { ...rest, candidates: known(message.candidates) } as typeof message;
    }
    default:
      return message;
  }
}

function known(candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ kind }) => kind !== "mapped");
}

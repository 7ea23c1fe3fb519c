/** The bits of IPv4 headers that a link looks at (RFC 791 §3.1, RFC 3168 §5). */
const HEADER_BYTES = 20;
const TOS_AT = 1;
const CHECKSUM_AT = 10;
const ECN = 3;
const CONGESTION_EXPERIENCED = 3;

/** True for a whole IPv4 header; others are not carried. */
export function isIpv4(packet: Uint8Array): boolean {
  return packet.length >= HEADER_BYTES && packet[0]! >>> 4 === 4;
}

/** True where the sender allows marks: ECT(0), ECT(1) or marked already. */
export function allowsMark(packet: Uint8Array): boolean {
  return (packet[TOS_AT]! & ECN) !== 0;
}

/** Marks a packet with CE in place, its checksum too (RFC 1624 §3). */
export function markCongestion(packet: Uint8Array): void {
  const before = (packet[0]! << 8) | packet[TOS_AT]!;
  packet[TOS_AT] = packet[TOS_AT]! | CONGESTION_EXPERIENCED;
  const after = (packet[0]! << 8) | packet[TOS_AT]!;
  const checksum = (packet[CHECKSUM_AT]! << 8) | packet[CHECKSUM_AT + 1]!;
  let sum = (~checksum & 0xffff) + (~before & 0xffff) + after;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  packet[CHECKSUM_AT] = (~sum >>> 8) & 0xff;
  packet[CHECKSUM_AT + 1] = ~sum & 0xff;
}

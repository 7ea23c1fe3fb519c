import { type Answer, decode, encode, type Packet } from "dns-packet";

/** Longer datagrams are not read; one host's records have some 300 bytes. */
export const MAX_MESSAGE_BYTES = 4096;

/** Questions and records together; with more a message is not read. */
const MAX_ENTRIES = 128;
const HEADER_BYTES = 12;

/** What somebody wants to know. Names here are without a dot at their end, in the case in which they came. */
export interface MdnsQuestion {
  readonly name: string;
  /** "PTR", "SRV", "TXT", "A", "AAAA", "ANY", or another. */
  readonly type: string;
}

/** What somebody says. */
export type MdnsRecord = {
  readonly name: string;
  /** Seconds for which it holds; 0 takes it back. */
  readonly ttl: number;
  /** Of this name and type there is no other (RFC 6762 §10.2). */
  readonly flush?: boolean;
} & (
  | { readonly type: "PTR"; readonly target: string }
  | { readonly type: "SRV"; readonly target: string; readonly port: number }
  | { readonly type: "TXT"; readonly entries: readonly string[] }
  | { readonly type: "A" | "AAAA"; readonly address: string }
);

/** A message of multicast DNS (RFC 6762 §18), without what is not used here. */
export interface MdnsMessage {
  readonly isResponse: boolean;
  readonly questions: readonly MdnsQuestion[];
  /** Answers; in a query those that are known already. Read: additional records, too. */
  readonly records: readonly MdnsRecord[];
  /** In a query: what its sender is about to announce (RFC 6762 §8.2). */
  readonly proposed: readonly MdnsRecord[];
}

/** Reads a datagram; undefined for whatever is no message, or too large a one. Never throws. */
export function readMessage(bytes: Uint8Array): MdnsMessage | undefined {
  if (bytes.length < HEADER_BYTES || bytes.length > MAX_MESSAGE_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let entries = 0;
  for (let at = 4; at < HEADER_BYTES; at += 2) entries += view.getUint16(at);
  if (entries > MAX_ENTRIES) return undefined;
  try {
    const packet = decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    const { questions, answers, additionals, authorities } = packet;
    return {
      isResponse: packet.type === "response",
      questions: (questions ?? []).map(({ name, type }) => ({ name, type })),
      records: [...(answers ?? []), ...(additionals ?? [])].flatMap(toRecord),
      proposed: (authorities ?? []).flatMap(toRecord),
    };
  } catch {
    // What the codec throws at says nothing more than that these bytes are no message.
    return undefined;
  }
}

/** The datagram of a message. */
export function writeMessage(message: MdnsMessage): Uint8Array {
  const { isResponse, questions, records, proposed } = message;
  const packet: Packet = {
    type: isResponse ? "response" : "query",
    // A response is authoritative (RFC 6762 §18.4).
    flags: isResponse ? 0x0400 : 0,
    questions: questions.map(({ name, type }) => ({ name, type: type as "PTR" })),
    answers: records.map(toAnswer),
    authorities: proposed.map(toAnswer),
  };
  return encode(packet);
}

/** Whether two names are one (RFC 6762 §16). */
export function sameName(a: string, b: string): boolean {
  return a === b || a.toLowerCase() === b.toLowerCase();
}

function toRecord(answer: Answer): MdnsRecord[] {
  const { name, type } = answer;
  if (!("ttl" in answer) || typeof name !== "string") return [];
  const head = {
    name,
    ttl: answer.ttl ?? 0,
    flush: (answer as { flush?: boolean }).flush === true,
  };
  switch (type) {
    case "PTR":
      return [{ ...head, type, target: answer.data }];
    case "SRV":
      return [{ ...head, type, target: answer.data.target, port: answer.data.port }];
    case "TXT": {
      const { data } = answer;
      const entries = Array.isArray(data) ? data : [data];
      return [{ ...head, type, entries: entries.map((entry) => Buffer.from(entry).toString()) }];
    }
    case "A":
    case "AAAA":
      return [{ ...head, type, address: answer.data }];
    default:
      return [];
  }
}

function toAnswer(record: MdnsRecord): Answer {
  const { name, ttl, flush = false } = record;
  const head = { name, ttl, flush, class: "IN" as const };
  switch (record.type) {
    case "PTR":
      return { ...head, type: "PTR", data: record.target };
    case "SRV":
      return { ...head, type: "SRV", data: { target: record.target, port: record.port } };
    case "TXT":
      return { ...head, type: "TXT", data: [...record.entries] };
    default:
      return { ...head, type: record.type, data: record.address };
  }
}

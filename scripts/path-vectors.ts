/** The checks' part of spec/vectors, for make-vectors.ts: keys and numbers are fixed. */
import {
  derivePathKeys,
  PATH_DATAGRAM_BYTES,
  PathDatagramKind,
  pathKey,
  writePathDatagram,
} from "@wavry/path";
import { nodeSuite } from "@wavry/rift-crypto/node";

const SESSION = "01KAK3M2ZV7Q1F0X9W8E5R4T2Y";
const CLIENT = new Uint8Array(32).fill(0x41);
const HOST = new Uint8Array(32).fill(0x42);

/** What a file of vectors holds. */
type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json };

/** `path.json`. */
export function pathVectors(): { readonly [name: string]: Json } {
  const hostStatic = nodeSuite.x25519PublicKey(HOST);
  const key = pathKey(nodeSuite, CLIENT, hostStatic, SESSION);
  const keys = derivePathKeys(nodeSuite, key);
  const datagrams = [
    { name: "a client's check", kind: "check", isFromHost: false, isInUse: false, sequence: 1 },
    { name: "its answer", kind: "answer", isFromHost: true, isInUse: false, sequence: 1 },
    { name: "a nomination", kind: "check", isFromHost: false, isInUse: true, sequence: 2 },
    { name: "its answer", kind: "answer", isFromHost: true, isInUse: true, sequence: 2 },
    { name: "a host's", kind: "check", isFromHost: true, isInUse: false, sequence: 0xfffffffe },
  ] as const;
  const written = datagrams.map(({ name, kind, ...fields }, index) => {
    const nonce = 0xa1b2c3d0 + index - (kind === "answer" ? 1 : 0);
    const out = new Uint8Array(PATH_DATAGRAM_BYTES);
    writePathDatagram(nodeSuite, keys, out, { ...fields, kind: PathDatagramKind[kind], nonce });
    return { name, kind, ...fields, nonce, bytes: out };
  });
  const good = written[0]!.bytes;
  const bad = (at: number, value: number): string => {
    const copy = good.slice();
    copy[at] = value;
    return copy.toHex();
  };
  return {
    session: SESSION,
    client: { staticPrivate: CLIENT.toHex(), staticKey: nodeSuite.x25519PublicKey(CLIENT).toHex() },
    host: { staticPrivate: HOST.toHex(), staticKey: hostStatic.toHex() },
    key: key.toHex(),
    pathId: keys.pathId,
    codeKey: keys.codeKey.toHex(),
    datagrams: written.map(({ bytes, ...fields }) => ({ ...fields, bytes: bytes.toHex() })),
    refused: [
      { why: "an answer's kind with a check's code", bytes: bad(0, 0x31) },
      { why: "another side's", bytes: bad(1, 1) },
      { why: "a nomination that was none", bytes: bad(1, 2) },
      { why: "reserved bits that were not sent so", bytes: bad(3, 1) },
      { why: "another session's path id", bytes: bad(7, good[7]! ^ 1) },
      { why: "another token", bytes: bad(8, 0xff) },
      { why: "another code", bytes: bad(31, good[31]! ^ 1) },
      { why: "it is cut short", bytes: good.subarray(0, 31).toHex() },
      { why: "it is too long", bytes: `${good.toHex()}00` },
      { why: "another kind", bytes: bad(0, 0x32) },
    ],
  };
}

/** As much of TURN (RFC 8656) as brings a client into coturn: an allocation and a channel to one peer. */
import { randomBytes } from "node:crypto";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { bind, close } from "./places.ts";

const COOKIE = 0x2112a442;
const ALLOCATE = 0x0003;
const CHANNEL_BIND = 0x0009;
const SUCCESS = 0x0100;
const CHANNEL_NUMBER = 0x000c;
const XOR_PEER_ADDRESS = 0x0012;
const REQUESTED_TRANSPORT = 0x0019;
const LIFETIME = 0x000d;
const UDP = 17;
const PATIENCE_MS = 3_000;
const LIFETIME_SECONDS = 3_600;
/** The first of the numbers that are free to choose. */
export const TURN_CHANNEL = 0x4000;

/** An address and a port. */
interface Place {
  readonly address: string;
  readonly port: number;
}

/** Lets coturn on 127.0.0.1 relay what `client` sends on `TURN_CHANNEL` to `peer`. Rejects with what it answers. */
export async function allocate(turnPort: number, client: Place, peer: Place): Promise<void> {
  const socket = await bind(client.address, client.port);
  try {
    const lifetime = Buffer.alloc(4);
    lifetime.writeUInt32BE(LIFETIME_SECONDS);
    await exchange(socket, turnPort, ALLOCATE, [
      [REQUESTED_TRANSPORT, Buffer.from([UDP, 0, 0, 0])],
      [LIFETIME, lifetime],
    ]);
    const channel = Buffer.alloc(4);
    channel.writeUInt16BE(TURN_CHANNEL);
    await exchange(socket, turnPort, CHANNEL_BIND, [
      [CHANNEL_NUMBER, channel],
      [XOR_PEER_ADDRESS, xorAddress(peer)],
    ]);
  } finally {
    await close(socket);
  }
}

function xorAddress({ address, port }: Place): Buffer {
  const out = Buffer.alloc(8);
  out[1] = 1;
  out.writeUInt16BE(port ^ (COOKIE >>> 16), 2);
  const cookie = Buffer.alloc(4);
  cookie.writeUInt32BE(COOKIE);
  for (const [i, part] of address.split(".").entries()) out[4 + i] = Number(part) ^ cookie[i]!;
  return out;
}

async function exchange(
  socket: Socket,
  port: number,
  method: number,
  attributes: readonly (readonly [type: number, value: Buffer])[],
): Promise<void> {
  const body = Buffer.concat(
    attributes.flatMap(([type, value]) => {
      const head = Buffer.alloc(4);
      head.writeUInt16BE(type, 0);
      head.writeUInt16BE(value.length, 2);
      return [head, value];
    }),
  );
  const head = Buffer.alloc(20);
  head.writeUInt16BE(method, 0);
  head.writeUInt16BE(body.length, 2);
  head.writeUInt32BE(COOKIE, 4);
  randomBytes(12).copy(head, 8);
  const answer = once(socket, "message", { signal: AbortSignal.timeout(PATIENCE_MS) });
  socket.send(Buffer.concat([head, body]), port, "127.0.0.1");
  const [bytes] = (await answer) as [Buffer];
  if (bytes.readUInt16BE(0) !== (method | SUCCESS))
    throw new Error(`coturn says 0x${bytes.readUInt16BE(0).toString(16)} to method ${method}`);
}

import { createHash, createHmac, randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

const COOKIE = 0x2112a442;
const ALLOCATE = 0x0003;
const ALLOCATED = 0x0103;
const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const ERROR_CODE = 0x0009;
const REALM = 0x0014;
const NONCE = 0x0015;
const REQUESTED_TRANSPORT = 0x0019;
const PATIENCE_MS = 2_000;

/** What a TURN server says to a request for a relay: 0 if it gives one, else its error code (RFC 8656 §7.2). */
export async function allocate(wish: {
  readonly port: number;
  readonly username?: string;
  readonly credential?: string;
}): Promise<number> {
  const { port, username, credential } = wish;
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  try {
    await once(socket, "listening");
    const first = await exchange(socket, port, request([]));
    if (username === undefined || credential === undefined || first.code !== 401) return first.code;
    const realm = first.attributes.get(REALM) ?? Buffer.alloc(0);
    const key = createHash("md5").update(`${username}:${realm}:${credential}`).digest();
    const attributes: [number, Buffer][] = [
      [USERNAME, Buffer.from(username)],
      [REALM, realm],
      [NONCE, first.attributes.get(NONCE) ?? Buffer.alloc(0)],
    ];
    return (await exchange(socket, port, signed(request(attributes), key))).code;
  } finally {
    socket.close();
  }
}

function request(attributes: readonly (readonly [number, Buffer])[]): Buffer {
  const udp = Buffer.from([17, 0, 0, 0]);
  const body = Buffer.concat([
    attribute(REQUESTED_TRANSPORT, udp),
    ...attributes.map(([type, value]) => attribute(type, value)),
  ]);
  const head = Buffer.alloc(20);
  head.writeUInt16BE(ALLOCATE, 0);
  head.writeUInt16BE(body.length, 2);
  head.writeUInt32BE(COOKIE, 4);
  randomBytes(12).copy(head, 8);
  return Buffer.concat([head, body]);
}

/** RFC 8489 §14.5: over the message before it, whose length counts it already. */
function signed(message: Buffer, key: Buffer): Buffer {
  message.writeUInt16BE(message.length - 20 + 24, 2);
  const mac = createHmac("sha1", key).update(message).digest();
  return Buffer.concat([message, attribute(MESSAGE_INTEGRITY, mac)]);
}

function attribute(type: number, value: Buffer): Buffer {
  const padded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  padded.writeUInt16BE(type, 0);
  padded.writeUInt16BE(value.length, 2);
  value.copy(padded, 4);
  return padded;
}

async function exchange(
  socket: Socket,
  port: number,
  message: Buffer,
): Promise<{ code: number; attributes: Map<number, Buffer> }> {
  const answer = once(socket, "message", { signal: AbortSignal.timeout(PATIENCE_MS) });
  socket.send(message, port, "127.0.0.1");
  const [bytes] = (await answer) as [Buffer];
  const attributes = new Map<number, Buffer>();
  for (let at = 20; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 2);
    attributes.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, at + 4 + length));
    at += 4 + Math.ceil(length / 4) * 4;
  }
  const error = attributes.get(ERROR_CODE);
  const code = error === undefined ? 0 : (error[2]! & 7) * 100 + error[3]!;
  if (code === 0 && bytes.readUInt16BE(0) !== ALLOCATED) throw new Error("no answer to ALLOCATE");
  return { code, attributes };
}

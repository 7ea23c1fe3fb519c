/** A device's end of a gateway's WebSocket (spec/signaling.md), as lean as it can be: what is measured is the other end. */
import { once } from "node:events";
import { bindProof, type Challenge, PING_SECONDS, type SocketRole } from "@wavry/signaling";
import { WebSocket } from "ws";
import { type BenchDevice, PUBLIC_URL } from "./population.ts";

/** A ping goes out at the latest after so many messages, either way; the protocol asks for one after 32. */
const ACKNOWLEDGE_EVERY = 16;
const OPEN_MILLIS = 30_000;

/** A message of the gateway after the welcome, as it came. */
export type PeerMessage = { readonly type: string; readonly seq?: number } & Readonly<
  Record<string, unknown>
>;

/** How a socket ended that should not have. */
export type OnLost = (reason: string) => void;

/** A device that is in. */
export class Peer {
  readonly device: BenchDevice;
  /** Hears what is numbered. */
  onMessage: (message: PeerMessage) => void = () => {};
  pongs = 0;
  readonly #socket: WebSocket;
  #sent = 0;
  #received = 0;
  #unacknowledged = 0;

  /** Opens a socket, proves the device's key and waits for the welcome. */
  static async open(
    url: string,
    who: { readonly device: BenchDevice; readonly role: SocketRole; readonly onLost: OnLost },
  ): Promise<Peer> {
    const { device, role, onLost } = who;
    const { token, wavryId, instance } = device;
    const socket = openWebSocket(`${url}/ws`);
    const timeout = AbortSignal.timeout(OPEN_MILLIS);
    const closed = once(socket, "close", { signal: timeout }).then(([code, reason]) => {
      throw new Error(`a device was not let in: ${code} ${reason}`);
    });
    closed.catch(() => {});
    const next = async (): Promise<unknown> => {
      const [data] = await Promise.race([once(socket, "message", { signal: timeout }), closed]);
      return JSON.parse(String(data));
    };
    const { nonce } = (await next()) as Challenge;
    const proof = bindProof({ gateway: PUBLIC_URL, nonce, wavryId, role });
    const signature = device.sign(proof);
    socket.send(
      JSON.stringify({
        ...{ type: "hello", protocol: 1, role, device: wavryId, signature },
        ...{ instance, token, sessions: [] },
      }),
    );
    const welcome = (await next()) as PeerMessage;
    if (welcome.type !== "welcome") throw new Error(`no welcome, but ${welcome.type}`);
    socket.once("close", (code, reason) => onLost(`${code} ${reason}`));
    return new Peer(socket, device);
  }

  private constructor(socket: WebSocket, device: BenchDevice) {
    this.#socket = socket;
    this.device = device;
    socket.on("message", (data) => this.#take(JSON.parse(String(data)) as PeerMessage));
  }

  /** Sends what is numbered. */
  send(type: string, fields: object): void {
    this.#socket.send(JSON.stringify({ type, seq: ++this.#sent, ...fields }));
    this.#count();
  }

  /** Says that it is there, and what it has. */
  ping(): void {
    this.#unacknowledged = 0;
    this.#socket.send(JSON.stringify({ type: "ping", received: this.#received }));
  }

  #take(message: PeerMessage): void {
    if (message.seq === undefined) {
      this.pongs++;
      return;
    }
    this.#received = message.seq;
    this.onMessage(message);
    this.#count();
  }

  #count(): void {
    if (++this.#unacknowledged >= ACKNOWLEDGE_EVERY) this.ping();
  }
}

/** A socket of the echo server that says a ping's text as often as a device does. */
export class EchoPeer {
  onText: (text: string) => void = () => {};
  pongs = 0;
  readonly #socket: WebSocket;

  /** Opens a socket. */
  static async open(url: string, onLost: OnLost): Promise<EchoPeer> {
    const socket = openWebSocket(`${url}/ws`);
    await once(socket, "open", { signal: AbortSignal.timeout(OPEN_MILLIS) });
    socket.once("close", (code, reason) => onLost(`${code} ${reason}`));
    return new EchoPeer(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => {
      this.pongs++;
      this.onText(String(data));
    });
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  ping(): void {
    this.send('{"type":"ping","received":0}');
  }
}

/** Lets each peer ping in its own moment of PING_SECONDS. Disposing stops it. */
export function keepPinging(peers: readonly { ping(): void }[]): Disposable {
  const start = performance.now();
  let done = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - start) / (PING_SECONDS * 1_000)) * peers.length;
    for (; done < due; done++) peers[done % peers.length]!.ping();
  }, 10);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function openWebSocket(url: string): WebSocket {
  return new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: OPEN_MILLIS });
}

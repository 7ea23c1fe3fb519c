import { createSocket, type RemoteInfo, type Socket } from "node:dgram";

/**
 * A UDP path to a port of this machine that loses every so many RTP packets of one payload type on their first way back,
 * and lets repeats through.
 */
export class LossyPath implements Disposable {
  /** Packets that were dropped so far. */
  dropped = 0;
  /** Dropped packets that were sent again. */
  repeated = 0;
  readonly port: number;
  readonly #socket: Socket;
  readonly #target: number;
  readonly #payloadType: number;
  readonly #every: number;
  readonly #missing = new Set<number>();
  #seen = 0;
  #client: RemoteInfo | undefined;

  private constructor(socket: Socket, target: number, payloadType: number, every: number) {
    this.#socket = socket;
    this.#target = target;
    this.#payloadType = payloadType;
    this.#every = every;
    this.port = socket.address().port;
    socket.on("message", (message, from) => this.#pass(message, from));
  }

  static async open(target: number, payloadType: number, every: number): Promise<LossyPath> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    return new LossyPath(socket, target, payloadType, every);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #pass(message: Buffer, from: RemoteInfo): void {
    if (from.port !== this.#target) {
      this.#client = from;
      this.#socket.send(message, this.#target, "127.0.0.1");
    } else if (this.#client !== undefined && !this.#drops(message)) {
      this.#socket.send(message, this.#client.port, this.#client.address);
    }
  }

  #drops(message: Buffer): boolean {
    if (message[0]! >> 6 !== 2 || (message[1]! & 0x7f) !== this.#payloadType) return false;
    const sequence = message.readUInt16BE(2);
    if (this.#missing.delete(sequence)) this.repeated++;
    else if (++this.#seen % this.#every === 0) {
      this.#missing.add(sequence);
      this.dropped++;
      return true;
    }
    return false;
  }
}

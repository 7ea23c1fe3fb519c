import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { decodeWavryId } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import {
  GATEWAY_DOCUMENT_PATH,
  RELAY_HEARTBEAT_PATH,
  RELAY_SIGNATURE_HEADER,
  type RelayHeartbeat,
  type RelayState,
  relayHeartbeatProof,
} from "@wavry/signaling";

/** As much of a gateway as a relay talks to, that checks what it gets. */
export class FakeGateway implements AsyncDisposable {
  readonly server: Server;
  readonly #sockets = new Set<Socket>();
  /** Heartbeats that were signed right, in their order. */
  readonly beats: RelayHeartbeat[] = [];
  /** What was not. */
  badProofs = 0;
  state: RelayState = "new";
  nextSeconds = 1;
  key: string;
  /** Instead of the usual answer; undefined: none at all. */
  answer: { status: number; body: string } | "usual" | "silence" = "usual";
  #port = 0;

  constructor(key: Uint8Array) {
    this.key = Buffer.from(key).toString("base64url");
    this.server = createServer((request, response) => {
      void this.#take(request).then((answer) => {
        if (answer === undefined) return;
        response.writeHead(answer.status, { "content-type": "application/json" });
        response.end(answer.body);
      });
    });
    this.server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async listen(): Promise<this> {
    this.server.listen(this.#port, "127.0.0.1");
    await once(this.server, "listening");
    this.#port = (this.server.address() as AddressInfo).port;
    return this;
  }

  /** Goes away; `listen` brings it back to the same port. */
  async leave(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, "close");
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }

  async #take(request: IncomingMessage): Promise<{ status: number; body: string } | undefined> {
    const body = new Uint8Array(Buffer.concat(await request.toArray().catch(() => [])));
    if (request.url === GATEWAY_DOCUMENT_PATH)
      return ok({ issuer: this.url, key: this.key, protocol: 2 });
    if (request.url !== RELAY_HEARTBEAT_PATH || request.method !== "POST")
      return { status: 404, body: "{}" };
    const beat = JSON.parse(new TextDecoder().decode(body)) as RelayHeartbeat;
    const signature = Buffer.from(String(request.headers[RELAY_SIGNATURE_HEADER]), "base64url");
    const proof = relayHeartbeatProof(this.url, body);
    if (!nodeSuite.ed25519Verify(decodeWavryId(beat.id)!, proof, signature)) {
      this.badProofs++;
      return refusal(403, "wrong-proof", "this heartbeat is not signed by its relay");
    }
    this.beats.push(beat);
    if (this.answer === "silence") return undefined;
    if (this.answer !== "usual") return this.answer;
    const { state, nextSeconds } = this;
    return ok({ state, nextSeconds, leaseKey: this.key });
  }
}

function ok(value: unknown): { status: number; body: string } {
  return { status: 200, body: JSON.stringify(value) };
}

/** An answer as a gateway refuses. */
export function refusal(
  status: number,
  code: string,
  message: string,
): { status: number; body: string } {
  return { status, body: JSON.stringify({ error: { code, message, requestId: "r" } }) };
}

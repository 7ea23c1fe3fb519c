import { once } from "node:events";
import type { Gateway } from "@wavry/gateway";
import type { DeviceSigner } from "@wavry/gateway-client";
import { bindProof, type Hello, readServerMessage, type ServerMessage } from "@wavry/signaling";
import { WebSocket } from "ws";
import { issuerOf } from "../../src/grants/issuer.ts";
import { newId } from "../../src/keys.ts";
import { until } from "./temporary-folder.ts";

/** A WebSocket that says exactly what it is told to. */
export class RawSocket implements Disposable {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[] = [];
  /** Set once it is closed. */
  closed: { readonly code: number; readonly reason: string } | undefined;
  /** The HTTP status of an upgrade that was refused. */
  refused: number | undefined;
  readonly #gateway: Gateway;

  constructor(gateway: Gateway, headers: Record<string, string> = {}) {
    this.#gateway = gateway;
    this.socket = new WebSocket(`${gateway.url.replace("http", "ws")}/ws`, { headers });
    this.socket.on("message", (data) => {
      const message = readServerMessage(String(data));
      if (message === undefined) throw new Error(`the gateway said ${String(data)}`);
      this.messages.push(message);
    });
    this.socket.on("unexpected-response", (_request, response) => {
      this.refused = response.statusCode;
      response.destroy();
    });
    this.socket.on("error", () => {});
    this.socket.on("close", (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
  }

  /** The first message of a type. */
  async next<T extends ServerMessage["type"]>(
    type: T,
  ): Promise<Extract<ServerMessage, { type: T }>> {
    await until(`${type} comes`, () => {
      if (this.closed !== undefined) throw new Error(`closed: ${JSON.stringify(this.closed)}`);
      return this.messages.some((message) => message.type === type);
    });
    return this.messages.find((message) => message.type === type) as never;
  }

  /** Says hello as a device that signs for `gateway`; resolves when it is said. */
  async hello(
    device: DeviceSigner,
    more: Partial<Hello> & { readonly gateway?: string; readonly nonce?: string } = {},
  ): Promise<void> {
    const { gateway = issuerOf(this.#gateway.context.config), nonce, ...facts } = more;
    const challenge = await this.next("challenge");
    const role = more.role ?? "client";
    const proof = bindProof({
      ...{ gateway, nonce: nonce ?? challenge.nonce },
      ...{ wavryId: device.wavryId, role },
    });
    const hello: Hello = {
      ...{ type: "hello", protocol: 1, role, device: device.wavryId },
      signature: Buffer.from(await device.sign(proof)).toString("base64url"),
      ...{ instance: newId(), sessions: [], ...facts },
    };
    this.socket.send(JSON.stringify(hello));
  }

  /** How it was closed. */
  async end(): Promise<{ readonly code: number; readonly reason: string }> {
    if (this.closed === undefined && this.socket.readyState !== WebSocket.CLOSED)
      await once(this.socket, "close");
    return this.closed!;
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }
}

import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Gateway } from "@wavry/gateway";
import { readHello, writeChallenge } from "@wavry/relay";
import { createIdentity, type Identity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import {
  RELAY_HEARTBEAT_PATH,
  RELAY_SIGNATURE_HEADER,
  type RelayHeartbeat,
  relayHeartbeatProof,
} from "@wavry/signaling";
import type { LightMyRequestResponse } from "fastify";
import { issuerOf } from "../../src/grants/issuer.ts";
import { newId } from "../../src/keys.ts";
import type { RelayRow } from "../../src/store/schema.ts";
import { until } from "./temporary-folder.ts";

/** What a test may say otherwise than a relay would. */
export interface HeartbeatOdds {
  /** The issuer that it signs for. */
  readonly issuer?: string;
  readonly signer?: Identity;
  readonly change?: Partial<RelayHeartbeat>;
  readonly remoteAddress?: string;
}

/** A relay that answers hellos on loopback and posts heartbeats when it is told to; it forwards nothing. */
export class FakeRelay implements AsyncDisposable {
  readonly identity: Identity = createIdentity(nodeSuite);
  readonly #socket: Socket;
  /** Whether it answers. */
  answers = true;
  /** Hellos that came. */
  hellos = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (datagram, { address, port }) => {
      this.hellos++;
      if (!this.answers) return;
      const nonce = readHello(datagram);
      socket.send(writeChallenge({ nonce, cookie: randomBytes(16) }), port, address);
    });
  }

  static async open(): Promise<FakeRelay> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new FakeRelay(socket);
  }

  get id(): string {
    return this.identity.wavryId;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** What it would say now. */
  heartbeat(gateway: Gateway, change: Partial<RelayHeartbeat> = {}): RelayHeartbeat {
    const { staticKey, certificate } = this.identity;
    return {
      id: this.id,
      staticKey: Buffer.from(staticKey).toString("base64url"),
      certificate: Buffer.from(certificate).toString("base64url"),
      addresses: [{ address: "127.0.0.1", port: this.port }],
      ...{ region: "eu", version: "0.1.0", state: "serving" },
      load: { sessions: 0, maxSessions: 100, kbps: 0, busy: 0 },
      at: Math.floor(gateway.context.now() / 1_000),
      nonce: newId(),
      ...change,
    };
  }

  /** Body and header of a heartbeat. */
  sign(gateway: Gateway, odds: HeartbeatOdds = {}): { body: string; signature: string } {
    const body = JSON.stringify(this.heartbeat(gateway, odds.change));
    const issuer = odds.issuer ?? issuerOf(gateway.context.config);
    const { identitySeed } = odds.signer ?? this.identity;
    const proof = relayHeartbeatProof(issuer, Buffer.from(body));
    const signature = Buffer.from(nodeSuite.ed25519Sign(identitySeed, proof));
    return { body, signature: signature.toString("base64url") };
  }

  /** Posts a heartbeat. */
  post(gateway: Gateway, odds: HeartbeatOdds = {}): Promise<LightMyRequestResponse> {
    return postHeartbeat(gateway, this.sign(gateway, odds), odds.remoteAddress);
  }

  /** Posts until the relay may serve. */
  async join(gateway: Gateway, change: Partial<RelayHeartbeat> = {}): Promise<void> {
    await this.post(gateway, { change });
    await until("the relay is checked", async () => {
      const row = await relayRow(gateway, this.id);
      return row?.state !== "new" && row?.reachable !== "[]";
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}

/** Posts what somebody says is a heartbeat. */
export async function postHeartbeat(
  gateway: Gateway,
  { body, signature }: { readonly body: string; readonly signature: string },
  remoteAddress = "192.0.2.50",
): Promise<LightMyRequestResponse> {
  return await gateway.app.inject({
    ...{ method: "POST", url: RELAY_HEARTBEAT_PATH, payload: body, remoteAddress },
    headers: { "content-type": "application/json", [RELAY_SIGNATURE_HEADER]: signature },
  });
}

/** A relay as the store has it. */
export function relayRow(gateway: Gateway, id: string): Promise<RelayRow | undefined> {
  return gateway.context.store.db
    .selectFrom("relays")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
}

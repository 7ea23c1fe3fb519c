import {
  CurrentSession,
  Device,
  DeviceList,
  Done,
  EnrolmentChallenge,
  enrolmentProof,
  GATEWAY_DOCUMENT_PATH,
  GatewayDocument,
  IceServers,
  type Message,
  OfferedRelays,
  type ReachableHost,
  ReachableHostList,
  type RelayOffer,
} from "@wavry/signaling";
import { base64url } from "jose";
import type { DeviceSigner } from "./device-signer.ts";
import { GatewayError } from "./gateway-error.ts";
import { type HttpRequest, httpRequest } from "./http-request.ts";

/** How to talk to a gateway. */
export interface GatewayClientOptions {
  /** Such as https://wavry.example. */
  readonly url: string | URL;
  /** Bearer token of a sign-in; without one a browser sends its cookie. */
  readonly token?: string | undefined;
  /** Pinned; unless told, what the URL says. */
  readonly issuer?: string | undefined;
  /** The gateway's signing key, base64url, where it is pinned. */
  readonly key?: string | undefined;
}

/** How a device joins an account. */
export interface EnrolmentWish {
  readonly device: DeviceSigner;
  readonly kind: "host" | "client";
  readonly name: string;
  readonly platform: string;
}

/** What a device keeps of the gateway that it joined. */
export interface EnrolledDevice {
  readonly device: Device;
  /** Pin both: grants are checked with them. */
  readonly gateway: GatewayDocument;
}

/** One call beyond those that have methods. */
export type GatewayCall<T> = Pick<HttpRequest<T>, "method" | "answer" | "body" | "signal"> & {
  /** Such as "/api/v1/devices". */
  readonly path: string;
};

/** The gateway's HTTP API. Every method rejects with GatewayError. */
export class GatewayClient {
  readonly url: URL;
  /** What the gateway must call itself: devices sign for that name only. */
  readonly issuer: string;
  readonly token: string | undefined;
  readonly #key: string | undefined;
  /** As it last told. */
  #document: GatewayDocument | undefined;

  /** Throws TypeError for what is no URL, and RangeError for one that is not http or https. */
  constructor({ url, token, issuer, key }: GatewayClientOptions) {
    this.url = new URL(url);
    if (this.url.protocol !== "https:" && this.url.protocol !== "http:")
      throw new RangeError("a gateway's address begins with https://");
    this.issuer = issuer ?? (this.url.origin + this.url.pathname).replace(/\/+$/, "");
    this.token = token;
    this.#key = key;
  }

  /** The same gateway, signed in. */
  withToken(token: string): GatewayClient {
    const { url, issuer } = this;
    const signedIn = new GatewayClient({ url, issuer, token, key: this.#key });
    signedIn.#document = this.#document;
    return signedIn;
  }

  /** Asks anything of the gateway. */
  call<T>({ path, ...call }: GatewayCall<T>): Promise<T> {
    const base = this.url.href.replace(/\/+$/, "");
    return httpRequest({ ...call, url: new URL(base + path), token: this.token });
  }

  /**
   * Who the gateway is. Rejects with "wrong-issuer" where it calls itself otherwise than it is reached, and with
   * "key-changed" where another key is pinned.
   */
  async document(signal?: AbortSignal): Promise<GatewayDocument> {
    const document = await this.#get(GATEWAY_DOCUMENT_PATH, GatewayDocument, signal);
    if (document.issuer !== this.issuer)
      throw new GatewayError(
        "wrong-issuer",
        `the gateway at ${this.url.origin} calls itself ${document.issuer}; use that address, or set its public URL`,
      );
    if (this.#key !== undefined && document.key !== this.#key)
      throw new GatewayError(
        "key-changed",
        `the gateway at ${this.url.origin} has another key than before; enrol anew only if its operator confirms that`,
      );
    this.#document = document;
    return document;
  }

  /** The account and the sign-in that this client speaks for. */
  session(signal?: AbortSignal): Promise<CurrentSession> {
    return this.#get("/api/v1/session", CurrentSession, signal);
  }

  /** Puts a device under the account. Asks for the gateway's document unless this client was told it before. */
  async enrol(wish: EnrolmentWish, signal?: AbortSignal): Promise<EnrolledDevice> {
    const gateway = this.#document ?? (await this.document(signal));
    const { device } = wish;
    const { id, challenge, userId } = await this.call({
      method: "POST",
      path: "/api/v1/devices/challenges",
      answer: EnrolmentChallenge,
      signal,
    });
    const { wavryId, staticKey, certificate } = device;
    // For the gateway that was meant, whatever the one that answers calls itself.
    const facts = { gateway: this.issuer, userId, challenge, wavryId, staticKey };
    const signature = base64url.encode(await device.sign(enrolmentProof(facts)));
    const { kind, name, platform } = wish;
    const enrolled = await this.call({
      method: "POST",
      path: "/api/v1/devices",
      answer: Device,
      body: { challenge: id, wavryId, staticKey, certificate, signature, kind, name, platform },
      signal,
    });
    return { device: enrolled, gateway };
  }

  /** The account's devices. */
  async devices(signal?: AbortSignal): Promise<Device[]> {
    return (await this.#get("/api/v1/devices", DeviceList, signal)).devices;
  }

  /** Takes a device out of the account. */
  async removeDevice(wavryId: string, signal?: AbortSignal): Promise<void> {
    const path = `/api/v1/devices/${encodeURIComponent(wavryId)}`;
    await this.call({ method: "DELETE", path, answer: Done, signal });
  }

  /** The hosts that the account may open sessions on. */
  async hosts(signal?: AbortSignal): Promise<ReachableHost[]> {
    return (await this.#get("/api/v1/hosts", ReachableHostList, signal)).hosts;
  }

  /** STUN and TURN servers, with credentials for this account that end soon. */
  iceServers(signal?: AbortSignal): Promise<IceServers> {
    return this.#get("/api/v1/ice-servers", IceServers, signal);
  }

  /** Relays that a session of this account might be offered now; none of a gateway that knows of no relays. */
  async relays(signal?: AbortSignal): Promise<RelayOffer[]> {
    try {
      return (await this.#get("/api/v1/relays", OfferedRelays, signal)).relays;
    } catch (error) {
      if (error instanceof GatewayError && error.status === 404) return [];
      throw error;
    }
  }

  #get<T>(path: string, answer: Message<T>, signal: AbortSignal | undefined): Promise<T> {
    return this.call({ method: "GET", path, answer, signal });
  }
}

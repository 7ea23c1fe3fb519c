import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const HAS_CREDENTIAL = 0x40;

/** How an authenticator behaves, well or badly. */
export interface Behaviour {
  readonly origin?: string;
  readonly rpId?: string;
  readonly userVerified?: boolean;
  /** Added to the counter before each signature; 0 for one without a counter. */
  readonly countBy?: number;
}

/** A WebAuthn authenticator with one ES256 credential, as the specification has it, for tests. */
export class SoftwareAuthenticator {
  readonly id: Buffer = randomBytes(32);
  counter = 0;
  /** May be changed from one signature to the next. */
  behaviour: Required<Behaviour>;
  readonly #private: KeyObject;
  readonly #public: KeyObject;

  constructor(behaviour: Behaviour = {}) {
    this.behaviour = {
      origin: "http://localhost:3000",
      rpId: "localhost",
      userVerified: true,
      countBy: 1,
      ...behaviour,
    };
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#private = pair.privateKey;
    this.#public = pair.publicKey;
  }

  /** The answer to navigator.credentials.create. */
  create(options: Record<string, unknown>, format = "none"): Record<string, unknown> {
    const { x, y } = this.#public.export({ format: "jwk" });
    const key = map([
      [integer(1), integer(2)],
      [integer(3), integer(-7)],
      [integer(-1), integer(1)],
      [integer(-2), bytes(Buffer.from(x!, "base64url"))],
      [integer(-3), bytes(Buffer.from(y!, "base64url"))],
    ]);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.id.length);
    const data = Buffer.concat([
      this.#head(HAS_CREDENTIAL),
      Buffer.alloc(16),
      length,
      this.id,
      key,
    ]);
    const object = map([
      [text("fmt"), text(format)],
      [text("attStmt"), map([])],
      [text("authData"), bytes(data)],
    ]);
    return this.#credential({
      clientDataJSON: this.#clientData("webauthn.create", options),
      attestationObject: object.toString("base64url"),
      transports: ["internal"],
    });
  }

  /** The answer to navigator.credentials.get. */
  get(options: Record<string, unknown>): Record<string, unknown> {
    this.counter += this.behaviour.countBy;
    const data = this.#head(0);
    const clientDataJSON = this.#clientData("webauthn.get", options);
    const hash = createHash("sha256").update(Buffer.from(clientDataJSON, "base64url")).digest();
    return this.#credential({
      clientDataJSON,
      authenticatorData: data.toString("base64url"),
      signature: sign("sha256", Buffer.concat([data, hash]), this.#private).toString("base64url"),
    });
  }

  #head(flags: number): Buffer {
    const { rpId, userVerified } = this.behaviour;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(this.counter);
    const all = USER_PRESENT | (userVerified ? USER_VERIFIED : 0) | flags;
    return Buffer.concat([createHash("sha256").update(rpId).digest(), Buffer.of(all), counter]);
  }

  #clientData(type: string, { challenge }: Record<string, unknown>): string {
    const data = { type, challenge, origin: this.behaviour.origin, crossOrigin: false };
    return Buffer.from(JSON.stringify(data)).toString("base64url");
  }

  #credential(response: Record<string, unknown>): Record<string, unknown> {
    const id = this.id.toString("base64url");
    return { id, rawId: id, type: "public-key", clientExtensionResults: {}, response };
  }
}

/** CBOR (RFC 8949), what WebAuthn needs of it. */
function head(major: number, value: number): Buffer {
  if (value < 24) return Buffer.of((major << 5) | value);
  if (value < 256) return Buffer.of((major << 5) | 24, value);
  return Buffer.of((major << 5) | 25, value >> 8, value & 255);
}

function integer(value: number): Buffer {
  return value >= 0 ? head(0, value) : head(1, -1 - value);
}

function bytes(value: Buffer): Buffer {
  return Buffer.concat([head(2, value.length), value]);
}

function text(value: string): Buffer {
  return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
}

function map(entries: readonly (readonly [Buffer, Buffer])[]): Buffer {
  return Buffer.concat([head(5, entries.length), ...entries.flat()]);
}

import { createHmac } from "node:crypto";
import type { Gateway } from "@wavry/gateway";
import type { SignedIn } from "@wavry/signaling";
import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { hashPassword } from "../../src/accounts/password-hash.ts";
import { insertUser } from "../../src/accounts/users.ts";
import { createSession } from "../../src/sessions/session-service.ts";
import type { UserRow } from "../../src/store/schema.ts";

/** A password that passes the rules. */
export const PASSWORD = "gravel-lantern-42-otter";

/** Cheap enough for tests that are not about hashing; the next sign-in raises it. */
const TEST_COST = { memoryKiB: 64, passes: 1, lanes: 1 };

/** Makes an account with PASSWORD straight in the database: "ada" has ada@example.org. */
export async function makeUser(
  gateway: Gateway,
  name: string,
  role: UserRow["role"] = "user",
): Promise<UserRow> {
  const { context } = gateway;
  const user = await insertUser(context, context.store.db, {
    email: `${name}@example.org`,
    username: name,
    displayName: name,
    passwordHash: await hashPassword(PASSWORD, TEST_COST),
    role,
  });
  if (user === undefined) throw new Error(`${name} exists`);
  return user;
}

/** Makes an account that is signed in with a bearer token. */
export async function makeProgram(
  gateway: Gateway,
  name: string,
  role: UserRow["role"] = "user",
): Promise<{ readonly user: UserRow; readonly token: string; readonly sessionId: string }> {
  const user = await makeUser(gateway, name, role);
  const { token, session } = await createSession(gateway.context, {
    userId: user.id,
    kind: "program",
    label: "test",
    address: "127.0.0.1",
    secondFactor: false,
    confirmed: true,
  });
  return { user, token, sessionId: session.id };
}

/** A browser that keeps cookies and says where its requests come from. */
export class TestBrowser {
  readonly #gateway: Gateway;
  readonly cookies: Map<string, string> = new Map();
  /** Sent with each request. */
  origin: string | undefined;
  address = "192.0.2.1";

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
    this.origin = gateway.context.config.publicUrl.origin;
  }

  async request(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    url: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<LightMyRequestResponse> {
    const options: InjectOptions = {
      method,
      url,
      remoteAddress: this.address,
      headers: {
        ...(this.origin !== undefined && { origin: this.origin }),
        ...(this.cookies.size > 0 && {
          cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        }),
        ...headers,
      },
      ...(body !== undefined && { payload: body }),
    };
    const response = await this.#gateway.app.inject(options);
    for (const { name, value } of response.cookies)
      if (value === "") this.cookies.delete(name);
      else this.cookies.set(name, value);
    return response;
  }

  get(url: string): Promise<LightMyRequestResponse> {
    return this.request("GET", url);
  }

  post(url: string, body?: object): Promise<LightMyRequestResponse> {
    return this.request("POST", url, body);
  }

  /** Signs in with PASSWORD; throws with the answer if that alone is not enough. */
  async signIn(name: string, password: string = PASSWORD): Promise<SignedIn> {
    const response = await this.post("/api/v1/sessions", {
      email: `${name}@example.org`,
      password,
    });
    const answer = response.json<SignedIn>();
    if (answer.status !== "signed-in") throw new Error(response.body);
    return answer;
  }
}

/** The code of an error's answer. */
export function codeOf(response: LightMyRequestResponse): string | undefined {
  return response.json<{ error?: { code: string } }>().error?.code;
}

/** A clock that tests turn; starts at a whole TOTP step. */
export class TestClock {
  millis = 1_800_000_000_000;
  readonly now = (): number => this.millis;
}

/** RFC 6238 written out once more, to check against: the six digits of a base32 secret at a time. */
export function totpCode(secret: string, millis: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret]
    .map((char) => alphabet.indexOf(char).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(millis / 30_000)));
  const mac = createHmac("sha1", key).update(counter).digest();
  const offset = mac[19]! & 15;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, "0");
}

import { createHmac, randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { Gateway, type GatewaySeams } from "@wavry/gateway";

/** An ADMIN_PANEL_TOKEN that passes. */
export const PANEL_TOKEN = "b3f1c0d2e4958671a0f9e8d7c6b5a493";
/** Of every account here. */
export const PASSWORD = "gravel-lantern-42-otter";

/** A gateway on loopback that says itself where it is reached: browsers check that. */
export async function startGateway(seams: GatewaySeams): Promise<Gateway> {
  const port = await freePort();
  return Gateway.start(
    {
      ...{ address: "127.0.0.1", port, publicUrl: new URL(`http://localhost:${port}`) },
      ...{ store: { kind: "sqlite", file: ":memory:" }, redisUrl: undefined, smtp: undefined },
      ...{ masterKey: randomBytes(32), registration: "open", trustedProxies: [] },
      ...{ adminPanelToken: PANEL_TOKEN, auditDays: 365, logLevel: "silent" },
      limitFactor: 100,
    },
    seams,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Calls the gateway as a program; throws with the answer if it is refused. */
export async function call<T>(
  gateway: Gateway,
  path: string,
  body: object | undefined,
  token?: string,
): Promise<T> {
  const response = await fetch(gateway.url + path, {
    method: "POST",
    headers: {
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** Makes an account: "ada" has ada@example.org and PASSWORD. Gives its ID. */
export async function register(gateway: Gateway, name: string): Promise<string> {
  await call(gateway, "/api/v1/registration", {
    ...{ email: `${name}@example.org`, username: name, displayName: `${name} of the tests` },
    password: PASSWORD,
  });
  const { id } = await gateway.context.store.db
    .selectFrom("users")
    .select("id")
    .where("username", "=", name)
    .executeTakeFirstOrThrow();
  return id;
}

/** Signs an account in as a program. */
export async function signIn(gateway: Gateway, name: string): Promise<string> {
  const { token } = await call<{ token: string }>(gateway, "/api/v1/sessions", {
    ...{ email: `${name}@example.org`, password: PASSWORD, kind: "program", label: "Laptop" },
  });
  return token;
}

/** Gives an account an authenticator app; returns its secret. The code of `millis` is used up. */
export async function addTotp(gateway: Gateway, name: string, millis: number): Promise<string> {
  const token = await signIn(gateway, name);
  const path = "/api/v1/second-factor/totp";
  const { secret } = await call<{ secret: string }>(gateway, path, undefined, token);
  const totp = totpCode(secret, millis);
  await call(gateway, `${path}/confirmation`, { totp }, token);
  return secret;
}

/** RFC 6238: the six digits of a base32 secret at a time. */
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

/** Fills the gateway with something of everything; `now` in milliseconds. */
export async function seed(gateway: Gateway, now: number): Promise<{ readonly bob: string }> {
  const { db } = gateway.context.store;
  for (let index = 0; index < 60; index++)
    await db
      .insertInto("users")
      .values({
        ...{ id: `seed-user-${String(index).padStart(12, "0")}`, role: "user" },
        ...{ email: `user${index}@example.org`, username: `user${index}`, display_name: "Seeded" },
        ...{ password_hash: null, created_at: now - index * 3_600_000 },
        ...{ disabled_at: index === 1 ? now : null, banned_at: index === 2 ? now : null },
        ...{ banned_until: index === 2 ? now + 86_400_000 : null, ban_reason: "spam" },
        ...{ totp_secret: null, totp_confirmed_at: null, totp_last_step: null },
      })
      .execute();
  const bob = await register(gateway, "bob");
  await signIn(gateway, "bob");
  for (const kind of ["host", "client"] as const)
    await db
      .insertInto("devices")
      .values({
        ...{ id: `wavry1${kind}${"q".repeat(40)}`, user_id: bob, kind, name: `Bob's ${kind}` },
        ...{ static_key: "", certificate: "", group_id: null, platform: "linux" },
        ...{ capabilities: "[]", monitors: "[]", created_at: now, last_seen_at: now },
      })
      .execute();
  for (const ended of [null, now])
    await db
      .insertInto("screen_sessions")
      .values({
        ...{ id: `screen-${ended ?? "live"}`, host_id: `wavry1host${"q".repeat(40)}` },
        ...{ client_id: `wavry1client${"q".repeat(40)}`, client_instance: "", user_id: bob },
        ...{ sign_in_id: null, grant_id: null, share_link_id: null, rights: '["view","audio"]' },
        ...{
          started_at: now - 600_000,
          ended_at: ended,
          end_reason: ended === null ? null : "closed",
        },
      })
      .execute();
  const metrics = ["users", "sessions", "sign-ins", "screen-sessions"];
  for (let minute = 1; minute < 200; minute++)
    await db
      .insertInto("samples")
      .values(
        metrics.map((metric, index) => ({
          ...{ metric, at: now - minute * 60_000, value: (minute * (index + 3)) % 17 },
        })),
      )
      .execute();
  await seedRelays(gateway, now);
  const invitation = { email: "eve@example.org", role: "user" };
  await call(gateway, "/admin/api/invitations", invitation, PANEL_TOKEN);
  return { bob };
}

/** A relay in each state. */
async function seedRelays({ context }: Gateway, now: number): Promise<void> {
  const states = ["new", "probation", "active", "degraded", "quarantined", "banned"] as const;
  const quality = { sessions: 12, success: 0.98, rttMillis: 23, lossPercent: 0.4 };
  for (const [index, state] of states.entries())
    await context.store.db
      .insertInto("relays")
      .values({
        ...{ id: `wavry1${state.slice(0, 3)}${"q".repeat(55)}`, static_key: "k", tls: null },
        addresses: JSON.stringify([{ address: "relay.example", port: 4000 + index }]),
        reachable:
          state === "active" ? `[{"address":"relay.example","port":${4000 + index}}]` : "[]",
        ...{ region: "eu-west", version: "0.1.0", network: "192.0.2.1", told_state: "serving" },
        load: JSON.stringify({ sessions: 3 * index, maxSessions: 100, kbps: 9_000, busy: 0.2 }),
        ...{
          heartbeat_at: 0,
          nonces: "[]",
          first_seen_at: now,
          last_seen_at: now - index * 20_000,
        },
        ...{ state, state_since: now, judged_from: now, allowed: state === "new" ? 0 : 1 },
        ...{ quarantines: 0, failed_checks: 0, checked_at: now, drained: 0 },
        verdict: JSON.stringify({ score: 0.9, evidence: 9, ...quality }),
      })
      .execute();
}

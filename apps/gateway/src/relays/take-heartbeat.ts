import { RELAY_CLOCK_SECONDS, type RelayHeartbeat, relayHeartbeatProof } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { keysBelong, signedBy } from "../devices/device-keys.ts";
import { ApiError } from "../gateway-error.ts";
import { issuerOf } from "../grants/issuer.ts";
import { networkOf } from "../limits/network.ts";
import type { RelayRow } from "../store/schema.ts";
import { DEFAULT_RELAY_CONFIG } from "./relay-config.ts";
import { findRelay, moveRelay, NO_VERDICT, standingColumns } from "./relay-rows.ts";
import { newStanding } from "./relay-standing.ts";

/** Relays that nobody let in, altogether and of one network. */
export const MAX_NEW_RELAYS = 64;
/** See above. */
export const MAX_NEW_RELAYS_OF_NETWORK = 8;
/** A stranger that was not heard for so long makes room. */
const STRANGER_MS = 10 * 60_000;
/** Heartbeats within one second of a relay's clock. */
const MAX_NONCES = 4;

/** A heartbeat as it came. */
export interface PostedHeartbeat {
  readonly heartbeat: RelayHeartbeat;
  /** The exact bytes that were signed. */
  readonly body: Uint8Array;
  /** Base64url. */
  readonly signature: string;
  /** Where from. */
  readonly address: string;
}

/**
 * Takes a heartbeat; gives the relay's row after it. Throws ApiError 403 "wrong-proof", 400 "wrong-clock", 409 "replayed",
 * 503 "too-many-relays".
 */
export async function takeHeartbeat(context: Context, posted: PostedHeartbeat): Promise<RelayRow> {
  checkProof(context, posted);
  const { heartbeat } = posted;
  const now = context.now();
  const known = (await findRelay(context, heartbeat.id)) ?? (await register(context, posted, now));
  const nonces = freshNonces(known, heartbeat);
  const told = toldColumns(heartbeat);
  const isElsewhere = known.addresses !== told.addresses || known.static_key !== told.static_key;
  const { numUpdatedRows } = await context.store.db
    .updateTable("relays")
    .set({
      ...{ ...told, last_seen_at: now, heartbeat_at: heartbeat.at, nonces },
      // What it names now has to be found there first.
      ...(isElsewhere && { reachable: "[]", checked_at: null }),
    })
    .where("id", "=", heartbeat.id)
    // Two of the same at the same time, at two replicas: one is too late.
    .where("heartbeat_at", "=", known.heartbeat_at)
    .where("nonces", "=", known.nonces)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw replayed();
  const row = await rowOf(context, heartbeat.id);
  const moved = await moveRelay(
    ...([context, row, { type: "heard", awayMs: now - known.last_seen_at }] as const),
  );
  const isListed = (context.config.relays ?? DEFAULT_RELAY_CONFIG).ids.includes(heartbeat.id);
  if (moved && isListed && row.state === "new") await moveRelay(context, row, { type: "allowed" });
  return rowOf(context, heartbeat.id);
}

function checkProof(context: Context, { heartbeat, body, signature }: PostedHeartbeat): void {
  const { id: wavryId, staticKey, certificate, at } = heartbeat;
  if (Math.abs(at - context.now() / 1_000) > RELAY_CLOCK_SECONDS)
    throw new ApiError(
      400,
      "wrong-clock",
      "the clocks of relay and gateway are more than a minute apart; set them by NTP",
    );
  const proof = relayHeartbeatProof(issuerOf(context.config), body);
  if (!signedBy(wavryId, proof, signature) || !keysBelong({ wavryId, staticKey, certificate }))
    throw new ApiError(
      403,
      "wrong-proof",
      `this heartbeat is not signed by its relay for ${issuerOf(context.config)}; give the relay exactly that URL`,
    );
}

/** The nonces to remember; throws where the heartbeat is not newer than what came. */
function freshNonces(known: RelayRow, { at, nonce }: RelayHeartbeat): string {
  const before = JSON.parse(known.nonces) as string[];
  if (at > known.heartbeat_at) return JSON.stringify([nonce]);
  if (at < known.heartbeat_at || before.includes(nonce) || before.length >= MAX_NONCES)
    throw replayed();
  return JSON.stringify([...before, nonce]);
}

function replayed(): ApiError {
  return new ApiError(409, "replayed", "a newer heartbeat of this relay came before");
}

async function register(
  context: Context,
  { heartbeat, address }: PostedHeartbeat,
  now: number,
): Promise<RelayRow> {
  const network = networkOf(address);
  const isListed = (context.config.relays ?? DEFAULT_RELAY_CONFIG).ids.includes(heartbeat.id);
  if (!isListed) await makeRoom(context, network, now);
  const row: RelayRow = {
    ...{ id: heartbeat.id, ...toldColumns(heartbeat), reachable: "[]", network, drained: 0 },
    ...{ heartbeat_at: 0, nonces: "[]", first_seen_at: now, last_seen_at: now, checked_at: null },
    ...standingColumns(newStanding(now)),
    verdict: NO_VERDICT,
  };
  await context.store.db
    .insertInto("relays")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
  await context.audit.record({
    ...{ actor: "", address, action: "relay.registered", target: heartbeat.id },
    details: { region: heartbeat.region, version: heartbeat.version },
  });
  return rowOf(context, heartbeat.id);
}

/** Strangers are remembered in a bounded number; those that went away make room. */
async function makeRoom({ store }: Context, network: string, now: number): Promise<void> {
  const strangers = () =>
    store.db.selectFrom("relays").where("state", "=", "new").where("allowed", "=", 0);
  const count = async (ofNetwork: boolean) => {
    let query = strangers().select((e) => e.fn.countAll<number>().as("count"));
    if (ofNetwork) query = query.where("network", "=", network);
    return Number((await query.executeTakeFirstOrThrow()).count);
  };
  const isFull = async () =>
    (await count(false)) >= MAX_NEW_RELAYS || (await count(true)) >= MAX_NEW_RELAYS_OF_NETWORK;
  if (!(await isFull())) return;
  await store.db
    .deleteFrom("relays")
    .where("state", "=", "new")
    .where("allowed", "=", 0)
    .where("last_seen_at", "<", now - STRANGER_MS)
    .execute();
  if (await isFull())
    throw new ApiError(
      503,
      "too-many-relays",
      "too many relays wait to be let in; put this one's Wavry ID into WAVRY_RELAY_IDS at the gateway",
      { retryAfterSeconds: 60 },
    );
}

function toldColumns(heartbeat: RelayHeartbeat) {
  const { sessions, maxSessions, kbps, busy } = heartbeat.load;
  return {
    static_key: heartbeat.staticKey,
    addresses: JSON.stringify(heartbeat.addresses.map(({ address, port }) => ({ address, port }))),
    tls: heartbeat.tls ?? null,
    region: heartbeat.region,
    version: heartbeat.version,
    told_state: heartbeat.state,
    load: JSON.stringify({ sessions, maxSessions, kbps, busy }),
  };
}

async function rowOf(context: Context, id: string): Promise<RelayRow> {
  const row = await findRelay(context, id);
  if (row === undefined) throw new Error("a relay was forgotten while it was told of");
  return row;
}

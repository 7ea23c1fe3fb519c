import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { ApiError } from "../gateway-error.ts";

/** What Argon2id costs (RFC 9106 §3.1). */
export interface HashCost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

/** OWASP's password storage cheat sheet, 2025: at least 19 MiB, two passes, one lane. */
export const HASH_COST: HashCost = { memoryKiB: 19_456, passes: 2, lanes: 1 };

const VERSION = 19;
const SALT_BYTES = 16;
const TAG_BYTES = 32;
const MAX_MEMORY_KIB = 1_048_576;
const MAX_PASSES = 64;
const MAX_LANES = 16;
const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,86})$/;
/** One processor stays for the event loop, so that a flood of sign-ins delays nothing else. */
const MAX_RUNNING: number = Math.max(1, Math.min(availableParallelism() - 1, 3));
/** Beyond so many that wait, answers would come too late for anyone. */
const MAX_WAITING = 200;

const argon2Async = promisify(argon2);
let running = 0;
let runs = 0;
const waiting: (() => void)[] = [];

/** How often Argon2 ran in this process; for metrics and for tests of equal work. */
export function argon2Runs(): number {
  return runs;
}

/** A PHC string of a password that passed the rules. Throws 503 "busy". */
export async function hashPassword(password: string, cost: HashCost = HASH_COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await derive(password, salt, TAG_BYTES, cost);
  const parameters = `m=${cost.memoryKiB},t=${cost.passes},p=${cost.lanes}`;
  return `$argon2id$v=${VERSION}$${parameters}$${base64(salt)}$${base64(tag)}`;
}

/**
 * True if the password is the hash's. Without a hash (no such account, no password) it works as long for nothing. Throws
 * 503 "busy", and a plain Error for a damaged hash.
 */
export async function verifyPassword(password: string, phc: string | null): Promise<boolean> {
  if (phc === null) {
    await derive(password, randomBytes(SALT_BYTES), TAG_BYTES, HASH_COST);
    return false;
  }
  const { cost, salt, tag } = parse(phc);
  return timingSafeEqual(await derive(password, salt, tag.length, cost), tag);
}

/** True if a hash was made with other parameters than new ones are. */
export function isOutdated(phc: string): boolean {
  const { cost } = parse(phc);
  return (
    cost.memoryKiB !== HASH_COST.memoryKiB ||
    cost.passes !== HASH_COST.passes ||
    cost.lanes !== HASH_COST.lanes
  );
}

function parse(phc: string): { cost: HashCost; salt: Buffer; tag: Buffer } {
  const [, memory, passes, lanes, salt, tag] = PHC.exec(phc) ?? [];
  const cost = { memoryKiB: Number(memory), passes: Number(passes), lanes: Number(lanes) };
  if (
    salt === undefined ||
    tag === undefined ||
    cost.lanes < 1 ||
    cost.lanes > MAX_LANES ||
    cost.passes < 1 ||
    cost.passes > MAX_PASSES ||
    cost.memoryKiB < 8 * cost.lanes ||
    cost.memoryKiB > MAX_MEMORY_KIB
  )
    throw new Error("a password hash in the database is damaged");
  return { cost, salt: Buffer.from(salt, "base64"), tag: Buffer.from(tag, "base64") };
}

async function derive(
  password: string,
  salt: Buffer,
  tagLength: number,
  { memoryKiB, passes, lanes }: HashCost,
): Promise<Buffer> {
  await enter();
  try {
    runs++;
    return await argon2Async("argon2id", {
      // The same letters typed on another keyboard are the same password (RFC 8265 §4.2.1).
      message: password.normalize("NFC"),
      nonce: salt,
      parallelism: lanes,
      tagLength,
      memory: memoryKiB,
      passes,
    });
  } finally {
    leave();
  }
}

async function enter(): Promise<void> {
  if (running < MAX_RUNNING) {
    running++;
    return;
  }
  if (waiting.length >= MAX_WAITING)
    throw new ApiError(503, "busy", "many people sign in right now; try again in a few seconds", {
      retryAfterSeconds: 5,
    });
  await new Promise<void>((resolve) => waiting.push(resolve));
}

function leave(): void {
  const next = waiting.shift();
  if (next === undefined) running--;
  else next();
}

/** Base 64 without padding, as in PHC strings. */
function base64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}

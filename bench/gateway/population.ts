/** The accounts and devices of the benchmark: made from a seed, so that each process knows them without being told. */
import { createHash } from "node:crypto";
import { identityFromSecrets } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";

/** What the gateways say that they are; it is part of what devices sign. */
export const PUBLIC_URL = "http://localhost:3000";
/** Devices of one account. */
export const DEVICES_AN_ACCOUNT = 100;
/** Accounts that sign in with PASSWORD, "login-0@example.org" and so on. */
export const LOGIN_ACCOUNTS = 64;
export const PASSWORD = "gravel-lantern-42-otter";

const SEED = "wavry gateway benchmark 1";

/** Idle devices are clients; of the talking ones, the even ones are hosts and the odd ones their clients. */
export type Group = "idle" | "talking";

/** A device with its keys. */
export interface BenchDevice {
  readonly group: Group;
  readonly index: number;
  readonly wavryId: string;
  readonly staticKey: string;
  readonly certificate: string;
  readonly instance: string;
  readonly userId: string;
  /** Bearer token of its account. */
  readonly token: string;
  sign(message: Uint8Array): string;
}

/** The device of that number in its group. */
export function benchDevice(group: Group, index: number): BenchDevice {
  const identity = identityFromSecrets(nodeSuite, {
    identitySeed: derived(`identity ${group} ${index}`),
    staticPrivate: derived(`static ${group} ${index}`),
  });
  const { wavryId, staticKey, certificate, identitySeed } = identity;
  return {
    group,
    index,
    wavryId,
    staticKey: text(staticKey),
    certificate: text(certificate),
    instance: benchId(`instance ${group} ${index}`),
    ...benchAccount(group, Math.floor(index / DEVICES_AN_ACCOUNT)),
    sign: (message) => text(nodeSuite.ed25519Sign(identitySeed, message)),
  };
}

/** The account of that number. */
export function benchAccount(
  group: Group,
  number: number,
): { readonly userId: string; readonly token: string } {
  const token = text(derived(`token ${group} ${number}`));
  return { userId: benchId(`user ${group} ${number}`), token };
}

/** 22 characters. */
export function benchId(what: string): string {
  return text(derived(what).subarray(0, 16));
}

function derived(what: string): Uint8Array {
  return createHash("sha256").update(`${SEED} ${what}`).digest();
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

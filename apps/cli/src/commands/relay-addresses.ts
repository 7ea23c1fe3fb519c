import { isIP } from "node:net";
import { CommandError, ExitCode } from "../exit-code.ts";

/** Where devices reach something, as it was typed. */
export interface PublicAddress {
  readonly address: string;
  readonly port?: number;
  /** A host name, and no IP address. */
  readonly isName: boolean;
}

/** What a heartbeat may hold. */
const MAX_ADDRESSES = 4;
const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/;

/** "relay.example", "relay.example:4000", "192.0.2.1", "[2001:db8::1]:4000". */
export function publicAddress(text: string, flag = "--public"): PublicAddress {
  if (isIP(text) !== 0) return { address: text, isName: false };
  const match = /^(?:\[(.+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const address = match?.[1] ?? match?.[2] ?? "";
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  const isGood = match?.[1] === undefined ? HOST_NAME.test(address) : isIP(address) === 6;
  if (!isGood || port === 0 || (port ?? 1) > 65_535)
    throw wrong(`${flag}: such as relay.example, relay.example:4000 or [2001:db8::1]:4000`);
  return { address, isName: isIP(address) === 0, ...(port !== undefined && { port }) };
}

/** All of --public. */
export function publicAddresses(texts: readonly string[]): PublicAddress[] {
  if (texts.length > MAX_ADDRESSES)
    throw wrong(
      `--public: ${MAX_ADDRESSES} addresses at most, such as one of IPv4 and one of IPv6`,
    );
  return texts.map((text) => publicAddress(text));
}

/** Where devices are told to go: what was told, or else where the relay listens, if that is one address. */
export function reachableAt(
  told: readonly PublicAddress[],
  at: { readonly address: string; readonly port: number },
): { address: string; port: number }[] {
  const all = told.length > 0 ? told : isWildcard(at.address) ? [] : [at];
  return all.map(({ address, port = at.port }) => ({ address, port }));
}

/** Whether it stands for all addresses of the machine. */
export function isWildcard(address: string | undefined): boolean {
  return address === undefined || address === "::" || address === "0.0.0.0";
}

function wrong(message: string): CommandError {
  return new CommandError(message, ExitCode.usage);
}

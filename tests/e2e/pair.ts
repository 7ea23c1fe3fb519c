/** A host on one real X server and clients on others, in this process, for end-to-end tests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientEvent, type ClientOptions, type HostTarget } from "@wavry/client";
import { Host, type HostEvent, type HostOptions } from "@wavry/host";
import { loadOrCreateIdentity, PairedDevices } from "@wavry/keyring";
import { type Identity, parsePairingLink } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { type Rect, readPixels, type XConnection } from "@wavry/x11";

/** A device with a key file and a list of its own. */
export interface Device extends Disposable {
  readonly directory: string;
  readonly identity: Identity;
  readonly devices: PairedDevices;
}

export function makeDevice(): Device {
  const directory = mkdtempSync(join(tmpdir(), "wavry-test-"));
  return {
    directory,
    identity: loadOrCreateIdentity({ directory, suite: nodeSuite }),
    devices: PairedDevices.open(directory),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Starts a host on loopback and a free port; its events are gathered in `events`. */
export async function startHost(
  device: Device,
  display: string,
  options: Partial<HostOptions> = {},
): Promise<Host & { readonly events: HostEvent[] }> {
  const events: HostEvent[] = [];
  const host = await Host.start({
    identity: device.identity,
    devices: device.devices,
    suite: nodeSuite,
    display,
    address: "127.0.0.1",
    port: 0,
    name: "test host",
    onEvent: (event) => events.push(event),
    ...options,
  });
  return Object.assign(host, { events });
}

/** Connects a client by `target`, or by a new pairing link of `host`. */
export async function connectClient(
  device: Device,
  host: Host | HostTarget,
  options: Partial<ClientOptions> = {},
): Promise<Client & { readonly events: ClientEvent[] }> {
  const events: ClientEvent[] = [];
  const client = await Client.connect({
    identity: device.identity,
    devices: device.devices,
    suite: nodeSuite,
    target: host instanceof Host ? linkTarget(host) : host,
    name: "test client",
    onEvent: (event) => events.push(event),
    ...options,
  });
  return Object.assign(client, { events });
}

export function linkTarget(host: Host): HostTarget {
  const link = parsePairingLink(host.createPairingLink().link);
  if (link === undefined) throw new Error("the host made a link that does not parse");
  return { type: "link", link };
}

/** The host as `device` remembers it. */
export function knownTarget(device: Device): HostTarget {
  const [host] = device.devices.list("host");
  if (host === undefined) throw new Error("the device knows no host");
  const { wavryId, staticKey, addresses = [] } = host;
  return { type: "device", wavryId, staticKey, addresses };
}

/** Waits for a condition; fails after a generous deadline with what was waited for. */
export async function until(what: string, condition: () => boolean, seconds = 60): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${seconds} s in vain until ${what}`);
    await sleep(5);
  }
}

/** The colour 0xRRGGBB of one pixel of the root window, as a person would see it. */
export function pixelAt(connection: XConnection, x: number, y: number): number {
  const rect: Rect = { x, y, width: 1, height: 1 };
  const [blue = 0, green = 0, red = 0] = readPixels(connection, connection.root, rect);
  return (red << 16) | (green << 8) | blue;
}

/** Whether two colours look alike, as lossy coding leaves them. */
export function alike(a: number, b: number, tolerance = 24): boolean {
  for (const shift of [16, 8, 0])
    if (Math.abs(((a >> shift) & 255) - ((b >> shift) & 255)) > tolerance) return false;
  return true;
}

/** All targets by name. Each is loaded when it is wanted: what it imports counts as its sources. */
import type { FuzzTarget } from "../engine/target.ts";

const LOADERS: Readonly<Record<string, () => Promise<FuzzTarget>>> = {
  handshake: async () => (await import("./handshake.ts")).handshake,
  packet: async () => (await import("./packet.ts")).packet,
  "control-frame": async () => (await import("./control-frame.ts")).controlFrame,
  "control-stream": async () => (await import("./control-stream.ts")).controlStream,
  nack: async () => (await import("./nack.ts")).nack,
  repair: async () => (await import("./repair.ts")).repair,
  feedback: async () => (await import("./feedback.ts")).feedback,
  "input-datagram": async () => (await import("./input-datagram.ts")).inputDatagram,
  "screen-update": async () => (await import("./screen-update.ts")).screenUpdate,
  reassembler: async () => (await import("./reassembler.ts")).reassembler,
  patch: async () => (await import("./patch.ts")).patch,
  sps: async () => (await import("./sps.ts")).sps,
  av1: async () => (await import("./av1.ts")).av1,
  cursor: async () => (await import("./cursor.ts")).cursor,
  "pairing-link": async () => (await import("./pairing-link.ts")).pairingLink,
  "wavry-id": async () => (await import("./wavry-id.ts")).wavryId,
  "devices-file": async () => (await import("./devices-file.ts")).devicesFile,
  "quic-header": async () => (await import("./quic-header.ts")).quicHeader,
  qpack: async () => (await import("./qpack.ts")).qpack,
  webtransport: async () => (await import("./webtransport.ts")).webtransport,
  stun: async () => (await import("./stun.ts")).stun,
  endpoint: async () => (await import("./endpoint.ts")).endpoint,
  relay: async () => (await import("./relay.ts")).relay,
  path: async () => (await import("./path.ts")).path,
  "web-body": async () => (await import("./web-body.ts")).webBody,
};

export const TARGET_NAMES: readonly string[] = Object.keys(LOADERS);

/** Loads a target. Throws where no target has that name. */
export async function findTarget(name: string): Promise<FuzzTarget> {
  const load = LOADERS[name];
  if (load === undefined) throw new Error(`no target is called ${name}`);
  return await load();
}

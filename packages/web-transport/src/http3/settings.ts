/** SETTINGS (RFC 9114 §7.2.4): pairs of varints, identifier and value. */
import { WireError } from "@wavry/rift-core";
import { Http3Code, Http3Error } from "./http3-error.ts";
import { readVarint, varintLength, varintsThen } from "./varint.ts";

/** Identifiers. The older ones of datagrams and WebTransport are what browsers of today look for. */
export const SettingId = {
  qpackMaxTableCapacity: 0x01,
  maxFieldSectionSize: 0x06,
  qpackBlockedStreams: 0x07,
  enableConnectProtocol: 0x08,
  h3Datagram: 0x33,
  h3DatagramDraft04: 0xffd277,
  enableWebTransport: 0x2b603742,
  webTransportMaxSessionsDraft02: 0x2b603743,
  webTransportMaxSessionsDraft07: 0xc671706a,
  webTransportMaxSessions: 0x14e9cd29,
} as const;

/** Those of HTTP/2 that HTTP/3 forbids (RFC 9114 §7.2.4.1). */
const FORBIDDEN = [0x00, 0x02, 0x03, 0x04, 0x05];
const MAX_SETTINGS = 64;
const BOOLEANS: readonly number[] = [
  SettingId.enableConnectProtocol,
  SettingId.h3Datagram,
  SettingId.h3DatagramDraft04,
];

/** The payload of a SETTINGS frame. */
export function encodeSettings(settings: ReadonlyMap<number, number>): Uint8Array {
  return varintsThen([...settings].flat());
}

/** Reads the payload of a SETTINGS frame. Throws Http3Error: cut short, forbidden, twice, too many. */
export function decodeSettings(payload: Uint8Array): Map<number, number> {
  const settings = new Map<number, number>();
  try {
    for (let at = 0; at < payload.length; ) {
      const id = readVarint(payload, at);
      at += varintLength(payload[at]!);
      const value = readVarint(payload, at);
      at += varintLength(payload[at]!);
      // Identifiers over 2^53 are rounded: two of them that meet are not the same one.
      if (FORBIDDEN.includes(id) || (Number.isSafeInteger(id) && settings.has(id)))
        throw new Http3Error(Http3Code.settingsError, `setting ${id} may not be here`);
      if (BOOLEANS.includes(id) && value > 1)
        throw new Http3Error(Http3Code.settingsError, `setting ${id} is 0 or 1`);
      settings.set(id, value);
      if (settings.size > MAX_SETTINGS)
        throw new Http3Error(Http3Code.excessiveLoad, "too many settings", { code: "limit" });
    }
  } catch (error) {
    if (error instanceof WireError && error.code === "truncated")
      throw new Http3Error(Http3Code.frameError, "settings are cut short", { code: "truncated" });
    throw error;
  }
  return settings;
}

/** Whether a client with these settings takes HTTP datagrams, without which there is no WebTransport. */
export function allowsWebTransport(settings: ReadonlyMap<number, number>): boolean {
  return (
    settings.get(SettingId.h3Datagram) === 1 || settings.get(SettingId.h3DatagramDraft04) === 1
  );
}

/** What a server of ours says: extended CONNECT, datagrams and WebTransport, in the words of its drafts. */
export function serverSettings(server: {
  tableBytes: number;
  fieldSectionBytes: number;
  sessions: number;
}): Map<number, number> {
  return new Map([
    [SettingId.qpackMaxTableCapacity, server.tableBytes],
    [SettingId.maxFieldSectionSize, server.fieldSectionBytes],
    // No request has to wait for the table.
    [SettingId.qpackBlockedStreams, 0],
    [SettingId.enableConnectProtocol, 1],
    [SettingId.h3Datagram, 1],
    [SettingId.h3DatagramDraft04, 1],
    [SettingId.enableWebTransport, 1],
    [SettingId.webTransportMaxSessionsDraft02, server.sessions],
    [SettingId.webTransportMaxSessionsDraft07, server.sessions],
    [SettingId.webTransportMaxSessions, server.sessions],
  ]);
}

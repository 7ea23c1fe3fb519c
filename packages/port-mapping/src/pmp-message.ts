/** The messages of NAT-PMP (RFC 6886, sections 3.2 and 3.3). */

const VERSION = 0;
const OP_ADDRESS = 0;
const OP_MAP_UDP = 1;
const IS_RESPONSE = 128;
const ADDRESS_BYTES = 12;
const MAP_BYTES = 16;

/** What a router says: code 0 is success; any other one, and nothing else is told. */
export type PmpResponse =
  | { readonly result: 0; readonly kind: "address"; readonly address: string }
  | {
      readonly result: 0;
      readonly kind: "map";
      readonly internalPort: number;
      readonly externalPort: number;
      readonly lifetimeSeconds: number;
    }
  | { readonly result: number; readonly kind: "refusal" };

/** Asks for the router's address outside. */
export function writePmpAddressRequest(): Uint8Array {
  return Uint8Array.of(VERSION, OP_ADDRESS);
}

/** Asks for a UDP port; lifetime 0, with external port 0, gives it back. Throws RangeError for a port that is none. */
export function writePmpMapRequest(
  internalPort: number,
  externalPort: number,
  lifetimeSeconds: number,
): Uint8Array {
  for (const port of [internalPort, externalPort])
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new RangeError("no port");
  const out = new Uint8Array(12);
  const view = new DataView(out.buffer);
  out[0] = VERSION;
  out[1] = OP_MAP_UDP;
  view.setUint16(4, internalPort);
  view.setUint16(6, externalPort);
  view.setUint32(8, lifetimeSeconds);
  return out;
}

/** Reads what a router says; undefined for anything else. */
export function readPmpResponse(bytes: Uint8Array): PmpResponse | undefined {
  if (bytes.length < 4 || bytes[0] !== VERSION) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const operation = bytes[1]! - IS_RESPONSE;
  if (operation !== OP_ADDRESS && operation !== OP_MAP_UDP) return undefined;
  const result = view.getUint16(2);
  if (result !== 0) return { result, kind: "refusal" };
  if (operation === OP_ADDRESS)
    return bytes.length < ADDRESS_BYTES
      ? undefined
      : { result, kind: "address", address: bytes.subarray(8, 12).join(".") };
  if (bytes.length < MAP_BYTES) return undefined;
  return {
    ...{ result, kind: "map", internalPort: view.getUint16(8) },
    ...{ externalPort: view.getUint16(10), lifetimeSeconds: view.getUint32(12) },
  };
}

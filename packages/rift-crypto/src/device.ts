/** Who devices are and how they are named: a part of the whole (`index.ts`) without the handshakes, as it loads faster. */
export type { CryptoSuite } from "./crypto-suite.ts";
export {
  createIdentity,
  type Identity,
  type IdentitySecrets,
  identityFromSecrets,
} from "./identity.ts";
export {
  type HostAddress,
  type PairingLink,
  parseHostAddress,
  parsePairingLink,
} from "./pairing-link.ts";
export { decodeWavryId, encodeWavryId } from "./wavry-id.ts";

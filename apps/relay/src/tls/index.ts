/** The relay's door for networks that let no UDP through: WebSocket over TLS. */
export {
  type CertificatePaths,
  readCertificate,
  type TlsCertificate,
} from "./certificate-files.ts";
export { CertificateWatch, type CertificateWatchOptions } from "./certificate-watch.ts";
export { TLS_BOUNDS, type TlsBounds } from "./tls-bounds.ts";
export type { TlsCounters } from "./tls-counters.ts";
export { DEFAULT_TLS_PORT, TlsDoor, type TlsDoorOptions, type TlsStatus } from "./tls-door.ts";
export { TlsError, type TlsErrorCode } from "./tls-error.ts";

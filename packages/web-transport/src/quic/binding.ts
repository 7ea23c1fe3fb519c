/**
 * The one door to the native QUIC library: Cloudflare's quiche 0.18 as a Node add-on, which comes prebuilt in one package a platform.
 * Only what is used here is named; methods give null where quiche says "done", and throw plain Errors otherwise.
 */
import { createRequire } from "node:module";
import { WebTransportError } from "../error.ts";

/** An IP address and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface NativeConfig {
  setApplicationProtos(protocols: readonly string[]): void;
  verifyPeer(verify: boolean): void;
  grease(grease: boolean): void;
  setMaxIdleTimeout(millis: number): void;
  setMaxRecvUdpPayloadSize(bytes: number): void;
  setMaxSendUdpPayloadSize(bytes: number): void;
  setInitialMaxData(bytes: number): void;
  setInitialMaxStreamDataBidiLocal(bytes: number): void;
  setInitialMaxStreamDataBidiRemote(bytes: number): void;
  setInitialMaxStreamDataUni(bytes: number): void;
  setInitialMaxStreamsBidi(count: number): void;
  setInitialMaxStreamsUni(count: number): void;
  setMaxConnectionWindow(bytes: number): void;
  setMaxStreamWindow(bytes: number): void;
  setActiveConnectionIdLimit(count: number): void;
  setDisableActiveMigration(disabled: boolean): void;
  setMaxAckDelay(millis: number): void;
  setCcAlgorithm(algorithm: number): void;
  enableHystart(enabled: boolean): void;
  enablePacing(enabled: boolean): void;
  enableDgram(enabled: boolean, receiveQueue: number, sendQueue: number): void;
}

export interface NativeStats {
  readonly recv: number;
  readonly sent: number;
  readonly lost: number;
}

export interface NativePathStats {
  readonly active: boolean;
  /** Milliseconds. */
  readonly rtt: number;
  readonly cwnd: number;
}

export interface NativeConnection {
  recv(packet: Uint8Array, info: { from: HostPort; to: HostPort }): number;
  send(out: Uint8Array): [length: number, info: { readonly to: HostPort }] | null;
  streamRecv(id: number, out: Uint8Array): [bytes: number, isEnd: boolean] | null;
  streamSend(id: number, bytes: Uint8Array, isEnd: boolean): number | null;
  streamCapacity(id: number): number;
  streamPriority(id: number, urgency: number, incremental: boolean): void;
  streamShutdown(id: number, direction: number, code: number): undefined | null;
  peerStreamsLeftBidi(): number;
  peerStreamsLeftUni(): number;
  readable(): Iterable<number>;
  dgramRecv(out: Uint8Array): number | null;
  dgramSend(bytes: Uint8Array): undefined | null;
  dgramSendQueueLen(): number;
  dgramPurgeOutgoing(isStale: (bytes: Uint8Array) => boolean): void;
  dgramMaxWritableLen(): number | null;
  timeout(): number | null;
  onTimeout(): void;
  newSourceCid(id: Uint8Array, resetToken: bigint, retireIfNeeded: boolean): number;
  activeSourceCids(): number;
  sourceCidsLeft(): number;
  retiredScidNext(): Uint8Array | null;
  /** Of a peer that migrated, `new` is its address. */
  pathEventNext(): { readonly type: string; readonly new?: unknown } | null;
  close(isApplication: boolean, code: number, reason: Uint8Array): undefined | null;
  isEstablished(): boolean;
  isDraining(): boolean;
  isClosed(): boolean;
  isTimedOut(): boolean;
  peerError(): { isApp: boolean; errorCode: number; reason: ArrayLike<number> } | null;
  localError(): { isApp: boolean; errorCode: number; reason: ArrayLike<number> } | null;
  stats(): NativeStats;
  pathStats(): NativePathStats[];
  sendAckEliciting(): void;
  migrateSource(localHost: HostPort): number;
}

export interface Native {
  readonly Config: {
    withBoringSslCtx(
      verifyPeer: boolean,
      verifyAllowFail: boolean,
      ca: Uint8Array | null,
      keys: readonly Uint8Array[] | null,
      certificates: readonly Uint8Array[] | null,
      signatureAlgorithms: string | null,
    ): NativeConfig;
  };
  readonly Connection: {
    accept(
      sourceId: Uint8Array,
      originalId: Uint8Array | null,
      local: HostPort,
      remote: HostPort,
      config: NativeConfig,
    ): NativeConnection;
    connect(
      serverName: string | null,
      sourceId: Uint8Array,
      local: HostPort,
      remote: HostPort,
      config: NativeConfig,
    ): NativeConnection;
  };
  negotiateVersion(sourceId: Uint8Array, destinationId: Uint8Array, out: Uint8Array): number;
  retry(
    sourceId: Uint8Array,
    destinationId: Uint8Array,
    newSourceId: Uint8Array,
    token: Uint8Array,
    version: number,
    out: Uint8Array,
  ): number;
  versionIsSupported(version: number): boolean;
}

export const Shutdown = { read: 0, write: 1 } as const;
export const CongestionControl = { cubic: 1, bbr: 2 } as const;

/** Packages that hold the add-on for a platform, the first choice first. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "linux-x64": ["@matrixai/quic-linux-x64"],
  "linux-arm64": ["@infisical/quic-linux-arm64"],
  "darwin-x64": ["@matrixai/quic-darwin-x64"],
  "darwin-arm64": ["@matrixai/quic-darwin-arm64"],
  "win32-x64": ["@matrixai/quic-win32-x64"],
};

let loaded: Native | undefined;

/** Loads the add-on. Throws WebTransportError "native-missing". */
export function loadNative(): Native {
  if (loaded !== undefined) return loaded;
  const require = createRequire(import.meta.url);
  const platform = `${process.platform}-${process.arch}`;
  let cause: unknown;
  for (const name of PACKAGES[platform] ?? [])
    try {
      loaded = require(name) as Native;
      return loaded;
    } catch (error) {
      cause = error;
    }
  throw new WebTransportError(
    "native-missing",
    `no QUIC library for ${platform}: WebTransport is not offered here`,
    { cause },
  );
}

/** The code in quiche's `StreamReset(7)` or `StreamStopped(7)`; undefined for any other error. */
export function streamErrorCode(error: unknown): number | undefined {
  const match = /^Stream(?:Reset|Stopped)\((\d+)\)$/.exec((error as Error).message);
  return match === null ? undefined : Number(match[1]);
}

/** What a `HostThread` and its worker say to each other. */
import type { HostAddress, IdentitySecrets } from "@wavry/rift-crypto";
import type { RiftCounters, SocketKind, ThreadPriority } from "@wavry/rift-udp";
import type { PathNews, PathReport } from "@wavry/rift-udp/paths";
import type { Right } from "@wavry/signaling";
import type { Guest } from "./guests.ts";
import type { Host } from "./host.ts";
import type { HostEnd, HostEvent, HostOptions } from "./host-options.ts";
import type { GuestPaths } from "./host-paths.ts";
import type { OpenWebOptions, WebPlace, WebRequest } from "./web/web-options.ts";

/** How the worker starts its host: the options of a `Host` as far as they can be sent. */
export interface HostThreadSettings
  extends Omit<
    HostOptions,
    "identity" | "suite" | "devices" | "prefer" | "gamepads" | "now" | "onEvent"
  > {
  readonly keyringDirectory?: string | undefined;
  /** Undefined: those of the key file. Wiped in the end. */
  readonly secrets?: IdentitySecrets | undefined;
}

/** What is known once the host listens. */
export interface HostThreadStarted {
  readonly address: HostAddress;
  readonly socketKind: SocketKind;
  readonly priority: ThreadPriority;
}

/** What the worker can be asked for. */
export interface HostThreadCalls {
  /** The first call, once. */
  start(settings: HostThreadSettings): Promise<HostThreadStarted>;
  createPairingLink(): ReturnType<Host["createPairingLink"]>;
  clientCount(): number;
  counters(): RiftCounters;
  expectGuest(guest: Guest): void;
  answerConsent(answer: { readonly sessionId: string; readonly agreed: boolean }): boolean;
  setGuestRights(change: {
    readonly sessionId: string;
    readonly rights: readonly Right[];
  }): boolean;
  endGuest(end: { readonly sessionId: string; readonly why: string }): boolean;
  startPaths(paths: GuestPaths): void;
  tellPaths(told: { readonly sessionId: string; readonly news: PathNews }): void;
  endPaths(sessionId: string): void;
  pathReport(sessionId: string): PathReport | undefined;
  openWeb(options: OpenWebOptions): Promise<WebPlace | undefined>;
  handleWeb(request: WebRequest): void;
  stop(): Promise<void>;
}

/** What the worker tells by itself; after "ended" nothing more comes. */
export type HostThreadNews =
  | { readonly kind: "event"; readonly event: HostEvent }
  | { readonly kind: "ended"; readonly end: HostEnd };

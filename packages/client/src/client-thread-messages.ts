/** What a `ClientThread` and its worker say to each other. */
import type { Snapshot } from "@wavry/media/view";
import type { IdentitySecrets } from "@wavry/rift-crypto";
import type { SocketKind, ThreadPriority } from "@wavry/rift-udp";
import type { PathNews, PathReport } from "@wavry/rift-udp/paths";
import type {
  ClientEnd,
  ClientEvent,
  ClientOptions,
  ClientPaths,
  ClientStatistics,
} from "./client-options.ts";
import type { ViewOptions } from "./view.ts";

/** How the worker connects: the options of a `Client` as far as they can be sent. */
export interface ClientThreadSettings
  extends Omit<
    ClientOptions,
    "identity" | "suite" | "devices" | "view" | "prefer" | "signal" | "onEvent" | "paths"
  > {
  readonly paths?: Omit<ClientPaths, "inbox"> | undefined;
  readonly keyringDirectory?: string | undefined;
  /** Undefined: those of the key file. Wiped in the end. */
  readonly secrets?: IdentitySecrets | undefined;
}

/** What is known once the host has let us in. */
export interface ClientThreadStarted {
  readonly socketKind: SocketKind;
  readonly priority: ThreadPriority;
}

/** What the worker can be asked for. */
export interface ClientThreadCalls {
  /** Begins to open window and decoder, once, ahead of `connect`. */
  openView(options: ViewOptions): void;
  /** Once. */
  connect(settings: ClientThreadSettings): Promise<ClientThreadStarted>;
  snapshot(): Promise<Snapshot>;
  statistics(): ClientStatistics;
  pathReport(): PathReport | undefined;
  /** From the start on, also while it connects. */
  tellPaths(news: PathNews): void;
  stop(): Promise<void>;
}

/** What the worker tells by itself; after "ended" nothing more comes. */
export type ClientThreadNews =
  | { readonly kind: "event"; readonly event: ClientEvent }
  | { readonly kind: "ended"; readonly end: ClientEnd };

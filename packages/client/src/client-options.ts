import type { InterfaceOptions } from "@wavry/discovery";
import type { PairedDevices } from "@wavry/keyring";
import type { Micros } from "@wavry/rift-core";
import type { CryptoSuite, HostAddress, Identity, PairingLink } from "@wavry/rift-crypto";
import type { ConnectionStats } from "@wavry/rift-udp";
import type { PathOptions, PathSignal, PathTerms, UsedPath } from "@wavry/rift-udp/paths";
import type { ClientFigures } from "./client-figures.ts";
import type { PathInbox } from "./path-inbox.ts";
import type { View, ViewOptions } from "./view.ts";

/** Which host to connect to. */
export type HostTarget =
  | { readonly type: "link"; readonly link: PairingLink }
  | {
      readonly type: "device";
      readonly wavryId: string;
      /** The pinned static key, 32 bytes. */
      readonly staticKey: Uint8Array;
      readonly addresses: readonly HostAddress[];
    };

/** How the paths of a gateway's session are searched, beside the target's addresses. */
export interface ClientPaths extends PathOptions {
  /** What the gateway said when it granted the session. */
  readonly terms: PathTerms;
  /** What it says from then on. */
  readonly inbox?: PathInbox | undefined;
}

/** How a client connects and shows. */
export interface ClientOptions extends ViewOptions {
  readonly identity: Identity;
  readonly suite: CryptoSuite;
  /** Where a newly paired host is remembered. */
  readonly devices: PairedDevices;
  readonly target: HostTarget;
  /** Undefined: nothing is tried but the target's addresses. Of no use with a pairing link. */
  readonly paths?: ClientPaths | undefined;
  /** Looks for the host in the local network, too (mDNS), while the first connection is tried. */
  readonly searchLan?: InterfaceOptions | undefined;
  /** What this device is called on the host. */
  readonly name: string;
  /** Opened already, while the program loaded; taken over. Else it is opened with the options below. */
  readonly view?: Promise<View> | undefined;
  /** Relative mouse mode from the start, for games. */
  readonly relativeMouse?: boolean | undefined;
  /** The statistics overlay from the start. */
  readonly overlay?: boolean | undefined;
  /** The most that the video may take, in bits a second. */
  readonly maxBitrateBps?: number | undefined;
  readonly maxFps?: number | undefined;
  /** Lossless patches for small changes; default true. */
  readonly patches?: boolean | undefined;
  /** Whether pictures that come unevenly are held back for up to 10 ms, so that motion is even; default "adaptive". */
  readonly smoothing?: "off" | "adaptive" | undefined;
  /** How long the first connection may take before it fails; the endpoint's default if undefined. */
  readonly connectTimeoutMicros?: Micros | undefined;
  /** Tries again by itself after a drop; default true. */
  readonly reconnect?: boolean | undefined;
  /** What carries the datagrams, see `BindOptions` of rift-udp: "best" in a worker is a promise to stop before its end. */
  readonly prefer?: "best" | "plain" | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: ClientEvent) => void) | undefined;
}

/** Figures of a client's connection since it was made. */
export interface ClientStatistics extends ConnectionStats {
  /** Undefined where no paths are searched, or none is left. */
  readonly path: UsedPath | undefined;
}

/** What happens to a client, for people and logs. */
export type ClientEvent =
  | {
      readonly type: "connected";
      readonly host: string;
      readonly wavryId: string;
      readonly remote: string;
      readonly newlyPaired: boolean;
    }
  | {
      readonly type: "first-picture";
      readonly afterMicros: number;
      readonly width: number;
      readonly height: number;
    }
  /** The session goes this way now; undefined: no way is left, and one is searched. */
  | { readonly type: "path"; readonly path: UsedPath | undefined }
  /** To be told to the gateway (`GatewaySession.paths`). It names addresses: not for logs. */
  | { readonly type: "path-signal"; readonly signal: PathSignal }
  | { readonly type: "suspended" }
  | { readonly type: "resumed" }
  | { readonly type: "reconnecting"; readonly reason: string }
  | { readonly type: "notice"; readonly code: string; readonly text: string }
  | { readonly type: "figures"; readonly figures: ClientFigures };

/** Why a client ended. */
export interface ClientEnd {
  readonly reason: "window-closed" | "stopped" | "host-closed" | "lost" | "failed";
  readonly message: string;
}

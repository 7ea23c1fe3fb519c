import type { PairedDevices } from "@wavry/keyring";
import type { CryptoSuite, Identity } from "@wavry/rift-crypto";

/** How a screen is shared. */
export interface HostOptions {
  readonly identity: Identity;
  readonly suite: CryptoSuite;
  /** Who may connect, and where newly paired devices are remembered. */
  readonly devices: PairedDevices;
  /** The X display to share, such as ":0"; $DISPLAY if undefined. */
  readonly display?: string | undefined;
  /** The address to listen on; all if undefined. */
  readonly address?: string | undefined;
  /** UDP port; 4200 if undefined, 0 for any free one. */
  readonly port?: number | undefined;
  /** What this machine is called on the other side. */
  readonly name: string;
  /** The most that the video may take, in bits a second. */
  readonly bitrateBps?: number | undefined;
  /** Frames a second at most, 1 to 240; default 60. */
  readonly maxFps?: number | undefined;
  /** Lifecycle news, for a log or a terminal. */
  readonly onEvent?: ((event: HostEvent) => void) | undefined;
}

/** What happens to a host, for people and logs. */
export type HostEvent =
  | { readonly type: "paired"; readonly wavryId: string; readonly name: string }
  | {
      readonly type: "connected";
      readonly wavryId: string;
      readonly name: string;
      readonly remote: string;
    }
  | {
      readonly type: "disconnected";
      readonly wavryId: string;
      readonly name: string;
      readonly reason: string;
    }
  | { readonly type: "resized"; readonly width: number; readonly height: number }
  | { readonly type: "devices-failed"; readonly message: string }
  | { readonly type: "input-failed"; readonly message: string }
  | { readonly type: "capture-failed"; readonly message: string };

/** Why a host ended. */
export interface HostEnd {
  readonly reason: "stopped" | "display-closed" | "capture-failed";
  readonly message: string;
}

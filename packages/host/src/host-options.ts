import type { GamepadBackend } from "@wavry/input";
import type { PairedDevices } from "@wavry/keyring";
import type { CryptoSuite, Identity } from "@wavry/rift-crypto";
import type { PathOptions, PathSignal, UsedPath } from "@wavry/rift-udp/paths";
import type { Right, Web } from "@wavry/signaling";
import type { WebOptions } from "./web/web-options.ts";

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
  /** What carries the datagrams, see `BindOptions` of rift-udp: "best" in a worker is a promise to stop before its end. */
  readonly prefer?: "best" | "plain" | undefined;
  /** How browsers reach this host once `openWeb` lets them; false: not at all. */
  readonly web?: WebOptions | false | undefined;
  /** How guests of a gateway are reached: whether over relays, and whether the router is asked for a port. */
  readonly paths?: PathOptions | undefined;
  /** The clock of the certificates that browsers are shown, milliseconds since 1970; default: the system's. */
  readonly now?: (() => number) | undefined;
  /** What makes clients' game controllers, then the host's; false: none; this system's, where it has any, if undefined. */
  readonly gamepads?: GamepadBackend | false | undefined;
  /** Lifecycle news, for a log or a terminal. */
  readonly onEvent?: ((event: HostEvent) => void) | undefined;
}

/** What happens to a host, for people and logs. */
export type HostEvent =
  | { readonly type: "paired"; readonly wavryId: string; readonly name: string }
  | {
      readonly type: "connected";
      readonly wavryId: string;
      /** By which grant; undefined for a paired device. */
      readonly sessionId?: string;
      readonly name: string;
      readonly remote: string;
    }
  | {
      readonly type: "disconnected";
      readonly wavryId: string;
      /** By which grant; undefined for a paired device. */
      readonly sessionId?: string;
      readonly name: string;
      /** False where the client may come back: it fell silent, or is here anew already. */
      readonly final: boolean;
      readonly reason: string;
    }
  | {
      /** A guest waits for the person at this machine; answer with `answerConsent`. */
      readonly type: "consent-asked";
      readonly sessionId: string;
      readonly wavryId: string;
      readonly name: string;
      readonly rights: readonly Right[];
    }
  | { readonly type: "consent-ended"; readonly sessionId: string; readonly agreed: boolean }
  | {
      /** To be passed on to the browser of a session by the gateway. It names a secret of that session: not for logs. */
      readonly type: "web";
      readonly session: string;
      readonly kind: Web["kind"];
      readonly body: string;
    }
  | {
      /** The session of a guest goes this way now; undefined: no way is left. */
      readonly type: "path";
      readonly sessionId: string;
      readonly wavryId: string;
      readonly path: UsedPath | undefined;
    }
  | {
      /** To be told to the gateway of a session. It names addresses: not for logs. */
      readonly type: "path-signal";
      readonly sessionId: string;
      readonly signal: PathSignal;
    }
  /** A way for browsers does not work here. */
  | { readonly type: "web-failed"; readonly message: string }
  | { readonly type: "resized"; readonly width: number; readonly height: number }
  | { readonly type: "devices-failed"; readonly message: string }
  | { readonly type: "input-failed"; readonly message: string }
  | { readonly type: "capture-failed"; readonly message: string };

/** Why a host ended. */
export interface HostEnd {
  /** "failed": the thread that it ran in has failed (`HostThread`). */
  readonly reason: "stopped" | "display-closed" | "capture-failed" | "failed";
  readonly message: string;
}

/** The control messages as they come in (spec/rift.proto); sizes and places in pixels. */

/** A control message; an unknown body leaves `case` undefined. */
export interface Control {
  readonly body: ControlBody | { readonly case: undefined; readonly value?: undefined };
}

/** The bodies of a control message; it has one of them. */
export interface ControlBodies {
  readonly hello?: Hello;
  readonly hostHello?: HostHello;
  readonly cursorShape?: CursorShape;
  readonly streamSettings?: StreamSettings;
  readonly screenChanged?: ScreenChanged;
  readonly notice?: Notice;
  readonly rightsChanged?: RightsChanged;
  readonly textInput?: TextInput;
}

/** A body and which it is. */
export type ControlBody = {
  [K in keyof ControlBodies]-?: {
    readonly case: K;
    readonly value: NonNullable<ControlBodies[K]>;
  };
}[keyof ControlBodies];

/** Client → host, the first message of a client. */
export interface Hello {
  readonly protocolVersion: number;
  readonly programVersion: string;
  readonly deviceName: string;
  /** "h264", "patch", "av1"; names that are not known are passed over. */
  readonly codecs: readonly string[];
  /** The largest picture that the client can decode and show; 0: no limit. */
  readonly maxWidth: number;
  readonly maxHeight: number;
  /** Names of optional features. */
  readonly features: readonly string[];
}

/** Host → client, the answer to `Hello`. */
export interface HostHello {
  readonly protocolVersion: number;
  readonly programVersion: string;
  readonly deviceName: string;
  readonly monitors: readonly Monitor[];
  /** The codecs that the host will use, out of those of `Hello`. */
  readonly codecs: readonly string[];
  readonly features: readonly string[];
  readonly rights?: Rights;
}

/** A monitor of the host. */
export interface Monitor {
  /** The display number of screen updates. */
  readonly id: number;
  readonly name: string;
  /** Place in the host's desktop. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly primary: boolean;
}

/** What the client may do. */
export interface Rights {
  readonly view: boolean;
  readonly pointer: boolean;
  readonly keyboard: boolean;
  readonly gamepad: boolean;
  readonly audio: boolean;
  readonly clipboard: boolean;
  readonly files: boolean;
}

/** Host → client: from now on the client may do this. */
export interface RightsChanged {
  readonly rights?: Rights;
}

/** Host → client; positions on the cursor channel name the shape by its id. */
export interface CursorShape {
  /** Never 0. */
  readonly id: number;
  readonly hotspotX: number;
  readonly hotspotY: number;
  /** 1..256, as the height. */
  readonly width: number;
  readonly height: number;
  /** Straight alpha, width × height × 4 bytes: R, G, B, A. */
  readonly rgba: Uint8Array;
}

/** Client → host: what the stream should be like; a later message replaces an earlier one. */
export interface StreamSettings {
  /** 0: the host chooses. */
  readonly maxBitrateBps: number;
  readonly maxFps: number;
  /** `Monitor.id` */
  readonly monitor: number;
  /** No updates are sent while this is set. */
  readonly paused: boolean;
  /** Pictures come on the video track of this peer's WebRTC connection, where it has one, and not in packets. */
  readonly videoTrack: boolean;
}

/** Host → client: the monitor has another size from the next update on, or is gone (0 × 0). */
export interface ScreenChanged {
  readonly monitor: number;
  readonly width: number;
  readonly height: number;
}

/** Either way: something the person should know. */
export interface Notice {
  /** Stable. */
  readonly code: string;
  /** For reading. */
  readonly text: string;
}

/** Client → host: text to be typed where the focus is; "\n", "\t" and "\b" are keys (spec/input.md §6). */
export interface TextInput {
  readonly text: string;
}

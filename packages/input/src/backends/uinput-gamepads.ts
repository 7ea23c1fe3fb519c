/**
 * Game controllers through the Linux kernel's uinput, each a virtual Xbox 360 pad. They are the machine's, whichever display
 * is shared, and the kernel takes them away when this process ends.
 * Unverified: written from linux/uinput.h and the xpad driver, type-checked and its bytes tested, not yet run on a kernel that
 * has uinput.
 */
import { copyGamepad, type GamepadState, NEUTRAL_GAMEPAD } from "@wavry/rift-core";
import type { GamepadBackend } from "../gamepad-backend.ts";
import { tryUinput, VirtualDevice, type VirtualDeviceOptions } from "./uinput-device.ts";
import { EventKind } from "./uinput-events.ts";
import { emitGamepad, PAD_AXES, PAD_BUTTONS, PAD_ID } from "./uinput-gamepad-events.ts";

/** What a controller needs of its device. */
export type PadDevice = Pick<VirtualDevice, "emit" | "endReport" | "flush" | "close">;

/** Other than the kernel's only in tests. */
export interface UinputGamepadsOptions {
  readonly makeDevice?: ((options: VirtualDeviceOptions) => PadDevice) | undefined;
  /** A monotonic clock, in ms. */
  readonly now?: (() => number) | undefined;
}

/** Making a device costs the whole machine time, so that plugging and unplugging again and again does not make more. */
const DEVICES_APART_MILLIS = 500;

interface Pad {
  /** Undefined: it has failed, or its time has not come yet. */
  device: PadDevice | undefined;
  hasFailed: boolean;
  readonly state: { -readonly [K in keyof GamepadState]: number };
}

/** The controllers of a host. */
export class UinputGamepads implements GamepadBackend {
  readonly #makeDevice: (options: VirtualDeviceOptions) => PadDevice;
  readonly #now: () => number;
  readonly #madeAt = new Map<number, number>();
  readonly #pads = new Map<number, Pad>();
  #failure: unknown;

  /** Throws InputError where there is no way to /dev/uinput. */
  constructor({ makeDevice, now = () => performance.now() }: UinputGamepadsOptions = {}) {
    if (makeDevice === undefined) tryUinput();
    this.#makeDevice = makeDevice ?? ((options) => new VirtualDevice(options));
    this.#now = now;
  }

  gamepad(index: number, state: GamepadState | undefined): void {
    try {
      this.#set(index, state);
    } catch (error) {
      this.#fail(this.#pads.get(index), error);
    }
  }

  flush(): void {
    for (const pad of this.#pads.values()) {
      try {
        pad.device?.flush();
      } catch (error) {
        this.#fail(pad, error);
      }
    }
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  close(): void {
    for (const { device } of this.#pads.values()) device?.close();
    this.#pads.clear();
  }

  #set(index: number, state: GamepadState | undefined): void {
    let pad = this.#pads.get(index);
    if (state === undefined) {
      this.#pads.delete(index);
      pad?.device?.close();
      return;
    }
    if (pad === undefined) {
      pad = { device: undefined, hasFailed: false, state: { ...NEUTRAL_GAMEPAD } };
      this.#pads.set(index, pad);
    }
    if (!pad.hasFailed) pad.device ??= this.#make(index);
    const { device } = pad;
    if (device === undefined) return;
    const any = emitGamepad(pad.state, state, (kind, code, value) =>
      device.emit(kind, code, value),
    );
    // Each state is a report of its own: of a press and a release in one, some readers see neither.
    if (any) device.endReport();
    copyGamepad(pad.state, state);
  }

  /** Undefined where the last one for this controller was made just now: its next state tries again. */
  #make(index: number): PadDevice | undefined {
    const now = this.#now();
    if (now < (this.#madeAt.get(index) ?? -Infinity) + DEVICES_APART_MILLIS) return undefined;
    this.#madeAt.set(index, now);
    return this.#makeDevice({
      name: "Wavry gamepad (Xbox 360)",
      id: PAD_ID,
      configure: (device) => {
        for (const [, code] of PAD_BUTTONS) device.enable(EventKind.key, code);
        for (const [axis, range] of PAD_AXES) device.enableAbsolute(axis, range);
      },
    });
  }

  #fail(pad: Pad | undefined, error: unknown): void {
    this.#failure ??= error;
    const device = pad?.device;
    if (pad !== undefined) {
      pad.device = undefined;
      pad.hasFailed = true;
    }
    device?.close();
  }
}

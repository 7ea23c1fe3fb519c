/**
 * Input through the Linux kernel's uinput: works under X11, Wayland and on the console, and needs rights on /dev/uinput.
 * Unverified: written from linux/uinput.h, type-checked and its bytes tested, not yet run on a kernel that has uinput.
 */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { bindLibrary } from "@wavry/x11";
import { ClickWheel } from "../click-wheel.ts";
import type { InputBackend } from "../input-backend.ts";
import { InputError } from "../input-error.ts";
import { evdevOfUsage } from "../key-table.ts";
import {
  Axis,
  absoluteSetup,
  BUTTON_CODES,
  deviceSetup,
  EVENT_BYTES,
  EventKind,
  Request,
  writeEvent,
} from "./uinput-events.ts";

const PATH = "/dev/uinput";
const BATCH_EVENTS = 128;
/** Positions are told as fractions of the desktop, whose size in pixels the kernel does not know. */
const ABSOLUTE_MAXIMUM = 65_535;

/** How large the desktop is, in pixels. */
export interface DesktopSize {
  readonly width: number;
  readonly height: number;
}

/** Injects as two virtual devices: a keyboard with a mouse, and a tablet for positions. The kernel releases both's keys. */
export class UinputBackend implements InputBackend {
  readonly name = "uinput";
  readonly outlivesProcess = false;
  readonly losesUnread = false;
  readonly #keyboard: VirtualDevice;
  readonly #tablet: VirtualDevice;
  readonly #desktop: DesktopSize;
  readonly #horizontal = new ClickWheel();
  readonly #vertical = new ClickWheel();

  /** Makes the devices. Throws InputError "not-supported" or "no-permission". */
  constructor(desktop: DesktopSize = { width: 1920, height: 1080 }) {
    this.#desktop = desktop;
    this.#keyboard = new VirtualDevice("Wavry keyboard and mouse", 1, (device) => {
      for (let usage = 0; usage < 256; usage++) {
        const code = evdevOfUsage(usage);
        if (code !== undefined) device.enable(EventKind.key, code);
      }
      for (const code of BUTTON_CODES) if (code !== 0) device.enable(EventKind.key, code);
      for (const axis of [Axis.relX, Axis.relY, Axis.relWheel, Axis.relWheelHiRes])
        device.enable(EventKind.rel, axis);
      for (const axis of [Axis.relHorizontalWheel, Axis.relHorizontalWheelHiRes])
        device.enable(EventKind.rel, axis);
    });
    try {
      this.#tablet = new VirtualDevice("Wavry tablet", 2, (device) => {
        device.enable(EventKind.key, BUTTON_CODES[1] ?? 0);
        for (const axis of [Axis.absX, Axis.absY]) device.enableAbsolute(axis, ABSOLUTE_MAXIMUM);
      });
    } catch (error) {
      this.#keyboard.close();
      throw error;
    }
  }

  key(usage: number, down: boolean): boolean {
    const code = evdevOfUsage(usage);
    if (code === undefined) return false;
    this.#keyboard.emit(EventKind.key, code, down ? 1 : 0);
    return true;
  }

  button(button: number, down: boolean): boolean {
    const code = BUTTON_CODES[button];
    if (code === undefined || code === 0) return false;
    // The click comes after the motion that leads to it, which is another device's.
    this.#tablet.flush();
    this.#keyboard.emit(EventKind.key, code, down ? 1 : 0);
    return true;
  }

  moveAbsolute(x: number, y: number): void {
    this.#keyboard.flush();
    this.#tablet.emit(EventKind.abs, Axis.absX, toFraction(x, this.#desktop.width));
    this.#tablet.emit(EventKind.abs, Axis.absY, toFraction(y, this.#desktop.height));
  }

  moveRelative(dx: number, dy: number): void {
    this.#tablet.flush();
    this.#keyboard.emit(EventKind.rel, Axis.relX, Math.round(dx));
    this.#keyboard.emit(EventKind.rel, Axis.relY, Math.round(dy));
  }

  scroll(dx120: number, dy120: number): void {
    this.#tablet.flush();
    this.#turn(Axis.relHorizontalWheelHiRes, Axis.relHorizontalWheel, dx120, this.#horizontal);
    this.#turn(Axis.relWheelHiRes, Axis.relWheel, dy120, this.#vertical);
  }

  flush(): void {
    this.#keyboard.flush();
    this.#tablet.flush();
  }

  settle(): void {
    try {
      this.flush();
    } catch {
      // A device that is gone holds nothing.
    }
  }

  close(): void {
    this.#keyboard.close();
    this.#tablet.close();
  }

  #turn(fineAxis: number, axis: number, delta120: number, wheel: ClickWheel): void {
    if (delta120 === 0) return;
    this.#keyboard.emit(EventKind.rel, fineAxis, delta120);
    const notches = wheel.turn(delta120);
    if (notches !== 0) this.#keyboard.emit(EventKind.rel, axis, notches);
  }
}

/** One uinput device; its events gather until `flush`. */
class VirtualDevice {
  readonly #fd: number;
  readonly #ioctl: (fd: number, request: number, argument: unknown) => number;
  readonly #batch = new Uint8Array(BATCH_EVENTS * EVENT_BYTES);
  readonly #view = new DataView(this.#batch.buffer);
  #batchBytes = 0;
  #open = true;

  constructor(name: string, product: number, configure: (device: VirtualDevice) => void) {
    const libc = bindLibrary("libc.so.6", "libc6", {
      ioctl: "int ioctl(int fd, unsigned long request, void *argument)",
    });
    const byNumber = bindLibrary("libc.so.6", "libc6", {
      ioctl: "int ioctl(int fd, unsigned long request, intptr_t argument)",
    });
    this.#ioctl = (fd, request, argument) =>
      (typeof argument === "number" ? byNumber : libc).ioctl(fd, request, argument);
    this.#fd = openUinput();
    try {
      configure(this);
      this.#request(Request.deviceSetup, deviceSetup(name, product));
      this.#request(Request.deviceCreate, 0);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Declares that the device sends this key or relative axis. */
  enable(kind: number, code: number): void {
    this.#request(Request.setEventBit, kind);
    this.#request(kind === EventKind.key ? Request.setKeyBit : Request.setRelativeBit, code);
  }

  /** Declares an absolute axis. */
  enableAbsolute(axis: number, maximum: number): void {
    this.#request(Request.setEventBit, EventKind.abs);
    this.#request(Request.setAbsoluteBit, axis);
    this.#request(Request.absoluteSetup, absoluteSetup(axis, maximum));
  }

  emit(kind: number, code: number, value: number): void {
    // Two places stay free: for this event and the report's end.
    if (this.#batchBytes > this.#batch.length - 2 * EVENT_BYTES) this.flush();
    this.#batchBytes = writeEvent(this.#view, this.#batchBytes, kind, code, value);
  }

  flush(): void {
    if (this.#batchBytes === 0 || !this.#open) return;
    const end = writeEvent(this.#view, this.#batchBytes, EventKind.syn, 0, 0);
    this.#batchBytes = 0;
    try {
      writeSync(this.#fd, this.#batch, 0, end);
    } catch (cause) {
      throw new InputError("display-closed", "the virtual input device is gone", { cause });
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#ioctl(this.#fd, Request.deviceDestroy, 0);
    closeSync(this.#fd);
  }

  #request(request: number, argument: unknown): void {
    if (this.#ioctl(this.#fd, request, argument) < 0)
      throw new InputError("not-supported", `uinput refused request 0x${request.toString(16)}`);
  }
}

function openUinput(): number {
  try {
    return openSync(PATH, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "EACCES" || code === "EPERM")
      throw new InputError(
        "no-permission",
        `${PATH} may not be opened; a udev rule that grants it to your user is needed`,
        { cause },
      );
    throw new InputError("not-supported", `there is no ${PATH}; try "modprobe uinput" as root`, {
      cause,
    });
  }
}

function toFraction(pixel: number, size: number): number {
  const fraction = Math.floor(((pixel + 0.5) * (ABSOLUTE_MAXIMUM + 1)) / size);
  return Math.max(0, Math.min(ABSOLUTE_MAXIMUM, fraction));
}

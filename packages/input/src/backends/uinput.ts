/**
 * Input through the Linux kernel's uinput: works under X11, Wayland and on the console, and needs rights on /dev/uinput.
 * Unverified: written from linux/uinput.h, type-checked and its bytes tested, not yet run on a kernel that has uinput.
 */
import { ClickWheel } from "../click-wheel.ts";
import type { InputBackend } from "../input-backend.ts";
import { evdevOfUsage } from "../key-table.ts";
import { VirtualDevice } from "./uinput-device.ts";
import { Axis, BUTTON_CODES, EventKind, virtualId } from "./uinput-events.ts";

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
    const configureKeyboard = (device: VirtualDevice): void => {
      for (let usage = 0; usage < 256; usage++) {
        const code = evdevOfUsage(usage);
        if (code !== undefined) device.enable(EventKind.key, code);
      }
      for (const code of BUTTON_CODES) if (code !== 0) device.enable(EventKind.key, code);
      for (const axis of [Axis.relX, Axis.relY, Axis.relWheel, Axis.relWheelHiRes])
        device.enable(EventKind.rel, axis);
      for (const axis of [Axis.relHorizontalWheel, Axis.relHorizontalWheelHiRes])
        device.enable(EventKind.rel, axis);
    };
    const configureTablet = (device: VirtualDevice): void => {
      device.enable(EventKind.key, BUTTON_CODES[1] ?? 0);
      for (const axis of [Axis.absX, Axis.absY])
        device.enableAbsolute(axis, { minimum: 0, maximum: ABSOLUTE_MAXIMUM });
    };
    this.#keyboard = new VirtualDevice({
      name: "Wavry keyboard and mouse",
      id: virtualId(1),
      configure: configureKeyboard,
    });
    try {
      this.#tablet = new VirtualDevice({
        name: "Wavry tablet",
        id: virtualId(2),
        configure: configureTablet,
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

function toFraction(pixel: number, size: number): number {
  const fraction = Math.floor(((pixel + 0.5) * (ABSOLUTE_MAXIMUM + 1)) / size);
  return Math.max(0, Math.min(ABSOLUTE_MAXIMUM, fraction));
}

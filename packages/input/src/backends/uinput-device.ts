/** Devices of the Linux kernel's uinput. Unverified, as uinput.ts. */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { bindLibrary } from "@wavry/x11";
import { InputError } from "../input-error.ts";
import {
  type AxisRange,
  absoluteSetup,
  type DeviceId,
  deviceSetup,
  EVENT_BYTES,
  EventKind,
  Request,
  writeEvent,
} from "./uinput-events.ts";

const PATH = "/dev/uinput";
const BATCH_EVENTS = 128;

/** What a device is made with. */
export interface VirtualDeviceOptions {
  readonly name: string;
  readonly id: DeviceId;
  /** Declares what it sends. */
  configure(device: Pick<VirtualDevice, "enable" | "enableAbsolute">): void;
}

/** One uinput device; its events gather until `flush`. */
export class VirtualDevice {
  readonly #fd: number;
  readonly #ioctl: (fd: number, request: number, argument: unknown) => number;
  readonly #batch = new Uint8Array(BATCH_EVENTS * EVENT_BYTES);
  readonly #view = new DataView(this.#batch.buffer);
  #batchBytes = 0;
  #isReportOpen = false;
  #open = true;

  /** Throws InputError "not-supported" or "no-permission". */
  constructor({ name, id, configure }: VirtualDeviceOptions) {
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
      this.#request(Request.deviceSetup, deviceSetup(name, id));
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
  enableAbsolute(axis: number, range: AxisRange): void {
    this.#request(Request.setEventBit, EventKind.abs);
    this.#request(Request.setAbsoluteBit, axis);
    this.#request(Request.absoluteSetup, absoluteSetup(axis, range));
  }

  /** Gathers an event. */
  emit(kind: number, code: number, value: number): void {
    // Two places stay free: for this event and the report's end.
    if (this.#batchBytes > this.#batch.length - 2 * EVENT_BYTES) this.flush();
    this.#batchBytes = writeEvent(this.#view, this.#batchBytes, kind, code, value);
    this.#isReportOpen = true;
  }

  /** What comes after is another report. */
  endReport(): void {
    if (!this.#isReportOpen) return;
    this.#isReportOpen = false;
    this.#batchBytes = writeEvent(this.#view, this.#batchBytes, EventKind.syn, 0, 0);
  }

  /** Sends what was gathered. Throws InputError "display-closed". */
  flush(): void {
    if (this.#batchBytes === 0 || !this.#open) return;
    this.endReport();
    const end = this.#batchBytes;
    this.#batchBytes = 0;
    try {
      writeSync(this.#fd, this.#batch, 0, end);
    } catch (cause) {
      throw new InputError("display-closed", "the virtual input device is gone", { cause });
    }
  }

  /** Takes the device away; idempotent. */
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

/** Throws InputError where devices cannot be made. */
export function tryUinput(): void {
  closeSync(openUinput());
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

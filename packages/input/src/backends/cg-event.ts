/**
 * Input on macOS through Quartz events (CoreGraphics), which needs the Accessibility permission.
 * Unverified: written from CGEvent.h and type-checked, not yet run on macOS.
 */
import koffi from "koffi";
import type { InputBackend } from "../input-backend.ts";
import { InputError } from "../input-error.ts";
import { macKeyOfUsage } from "../key-table.ts";

const FRAMEWORKS = "/System/Library/Frameworks";
const HID_SYSTEM_STATE = 1;
const HID_EVENT_TAP = 0;
const SCROLL_UNIT_PIXEL = 0;
const PIXELS_PER_NOTCH = 40;
const FIELD_DELTA_X = 4;
const FIELD_DELTA_Y = 5;
const FIELD_CLICK_STATE = 1;
const MOUSE_MOVED = 5;
const DOUBLE_CLICK_MILLIS = 500;

/** By HID button: event types of press, release and drag, and the CGMouseButton. */
const BUTTONS: readonly (readonly [number, number, number, number] | undefined)[] = [
  undefined,
  [1, 2, 6, 0],
  [3, 4, 7, 1],
  [25, 26, 27, 2],
  [25, 26, 27, 3],
  [25, 26, 27, 4],
];

/** CGEventFlags by modifier usage. */
const MODIFIERS: Readonly<Record<number, number>> = {
  225: 0x20002,
  229: 0x20004,
  224: 0x40001,
  228: 0x42000,
  226: 0x80020,
  230: 0x80040,
  227: 0x100008,
  231: 0x100010,
};

/** The one foreign pointer type that is passed around: a CGEventRef or CGEventSourceRef. */
type Ref = unknown;

/** Injects into the session of the logged-in user; every call posts at once. */
export class CgEventBackend implements InputBackend {
  readonly name = "cg-event";
  readonly outlivesProcess = true;
  readonly losesUnread = false;
  readonly #quartz: ReturnType<typeof bindQuartz>;
  readonly #source: Ref;
  readonly #heldModifiers = new Set<number>();
  readonly #heldButtons = new Set<number>();
  #point = { x: 0, y: 0 };
  #click = { button: 0, at: 0, count: 0 };
  #open = true;

  /** Throws InputError "not-supported" away from macOS, "no-permission" without the Accessibility permission. */
  constructor() {
    if (process.platform !== "darwin")
      throw new InputError("not-supported", "CGEvent is there on macOS only");
    this.#quartz = bindQuartz();
    if (!this.#quartz.isTrusted())
      throw new InputError(
        "no-permission",
        "allow this program under System Settings, Privacy & Security, Accessibility",
      );
    this.#source = this.#quartz.createSource(HID_SYSTEM_STATE);
  }

  key(usage: number, down: boolean): boolean {
    const code = macKeyOfUsage(usage);
    if (code === undefined) return false;
    if (MODIFIERS[usage] !== undefined) {
      if (down) this.#heldModifiers.add(usage);
      else this.#heldModifiers.delete(usage);
    }
    this.#post(this.#quartz.createKey(this.#source, code, down));
    return true;
  }

  button(button: number, down: boolean): boolean {
    const entry = BUTTONS[button];
    if (entry === undefined) return false;
    const [press, release, , number] = entry;
    if (down) {
      this.#heldButtons.add(button);
      const now = performance.now();
      const again = this.#click.button === button && now - this.#click.at < DOUBLE_CLICK_MILLIS;
      this.#click = { button, at: now, count: again ? this.#click.count + 1 : 1 };
    } else this.#heldButtons.delete(button);
    this.#readPoint();
    const type = down ? press : release;
    const event = this.#quartz.createMouse(this.#source, type, this.#point, number);
    this.#quartz.setField(event, FIELD_CLICK_STATE, this.#click.count);
    this.#post(event);
    return true;
  }

  moveAbsolute(x: number, y: number): void {
    this.#readPoint();
    this.#move(x, y, x - this.#point.x, y - this.#point.y);
  }

  moveRelative(dx: number, dy: number): void {
    this.#readPoint();
    this.#move(this.#point.x + dx, this.#point.y + dy, dx, dy);
  }

  scroll(dx120: number, dy120: number): void {
    const vertical = Math.round((dy120 * PIXELS_PER_NOTCH) / 120);
    // Quartz scrolls to the left where the wheel says right.
    const horizontal = Math.round((-dx120 * PIXELS_PER_NOTCH) / 120);
    this.#post(
      this.#quartz.createScroll(this.#source, SCROLL_UNIT_PIXEL, 2, vertical, horizontal, 0),
    );
  }

  flush(): void {}

  settle(): void {}

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#quartz.release(this.#source);
  }

  #move(x: number, y: number, dx: number, dy: number): void {
    const [held] = this.#heldButtons;
    const dragged = held === undefined ? undefined : BUTTONS[held];
    this.#point = { x, y };
    const event = this.#quartz.createMouse(
      this.#source,
      dragged?.[2] ?? MOUSE_MOVED,
      this.#point,
      dragged?.[3] ?? 0,
    );
    this.#quartz.setField(event, FIELD_DELTA_X, Math.round(dx));
    this.#quartz.setField(event, FIELD_DELTA_Y, Math.round(dy));
    this.#post(event);
    this.#click.count = held === undefined ? 0 : this.#click.count;
  }

  /** Someone else may have moved the pointer, or the edge of the screen stopped it. */
  #readPoint(): void {
    const event = this.#quartz.createEvent(null);
    this.#point = this.#quartz.location(event);
    this.#quartz.release(event);
  }

  #post(event: Ref): void {
    let flags = 0;
    for (const usage of this.#heldModifiers) flags |= MODIFIERS[usage] ?? 0;
    this.#quartz.setFlags(event, flags);
    this.#quartz.post(HID_EVENT_TAP, event);
    this.#quartz.release(event);
  }
}

function bindQuartz() {
  const graphics = koffi.load(`${FRAMEWORKS}/CoreGraphics.framework/CoreGraphics`);
  const foundation = koffi.load(`${FRAMEWORKS}/CoreFoundation.framework/CoreFoundation`);
  const services = koffi.load(`${FRAMEWORKS}/ApplicationServices.framework/ApplicationServices`);
  koffi.struct("CGPoint", { x: "double", y: "double" });
  return {
    isTrusted: services.func("bool AXIsProcessTrusted()"),
    createSource: graphics.func("void *CGEventSourceCreate(int32_t state)"),
    createEvent: graphics.func("void *CGEventCreate(void *source)"),
    createKey: graphics.func(
      "void *CGEventCreateKeyboardEvent(void *source, uint16_t key, bool down)",
    ),
    createMouse: graphics.func(
      "void *CGEventCreateMouseEvent(void *source, uint32_t type, CGPoint at, uint32_t button)",
    ),
    createScroll: graphics.func(
      "void *CGEventCreateScrollWheelEvent2(void *source, uint32_t units, uint32_t count, int32_t a, int32_t b, int32_t c)",
    ),
    location: graphics.func("CGPoint CGEventGetLocation(void *event)"),
    setField: graphics.func(
      "void CGEventSetIntegerValueField(void *event, uint32_t field, int64_t value)",
    ),
    setFlags: graphics.func("void CGEventSetFlags(void *event, uint64_t flags)"),
    post: graphics.func("void CGEventPost(uint32_t tap, void *event)"),
    release: foundation.func("void CFRelease(void *reference)"),
  };
}

/**
 * Injecting keyboard and pointer input: XTEST (X11), uinput (Linux), SendInput (Windows), CGEvent (macOS) behind one
 * interface, with a key guard so that nothing stays pressed after a crash. The wire's side of input is in
 * @wavry/rift-core. Importing it loads no system library.
 */
export type { GamepadBackend } from "./gamepad-backend.ts";
export { injectorSink } from "./injector-sink.ts";
export type { InputBackend } from "./input-backend.ts";
export { InputError, type InputErrorCode } from "./input-error.ts";
export type { InputBackendName, InputInjector } from "./input-injector.ts";
export { evdevOfUsage, macKeyOfUsage, windowsScanCodeOfUsage } from "./key-table.ts";
export { openGamepads } from "./open-gamepads.ts";
export { type OpenInjectorOptions, openInjector } from "./open-injector.ts";
export { TrackedInjector } from "./tracked-injector.ts";

/** For tests: an injector and controllers that keep a list instead of touching a system. */
export { RecordingBackend, RecordingGamepads, recordingInjector } from "./recording-backend.ts";

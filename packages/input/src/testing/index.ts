/** For tests: an injector that keeps a list instead of touching a system. */
export { RecordingBackend, recordingInjector } from "./recording-backend.ts";

/** The watching half: a window and the thread that decodes into it. Loads no codec into the importing thread. */
export { MediaError, type MediaErrorCode } from "./media-error.ts";
export { ClientWindow, type ClientWindowOptions } from "./present/client-window.ts";
export { VideoPipeline, type VideoPipelineOptions } from "./present/video-pipeline.ts";
export type { Snapshot, UpdateStats } from "./present/video-protocol.ts";
export type { InputEvent } from "./present/window-events.ts";
export type { CursorShape } from "./present/window-protocol.ts";

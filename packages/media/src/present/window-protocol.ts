/** The messages between a window's worker and the thread that opened it. */

import type { MessagePort } from "node:worker_threads";
import type { Size } from "@wavry/rift-core";
import type { MediaErrorCode } from "../media-error.ts";
import type { WindowEvent } from "./window-events.ts";

/** A pointer's picture: straight (not premultiplied) R, G, B, A bytes, row by row. */
export interface CursorShape extends Size {
  /** The point of the picture that points. */
  readonly hotX: number;
  readonly hotY: number;
  readonly rgba: Uint8Array;
}

/** How a window is made. */
export interface WindowSettings {
  readonly title: string;
  readonly size: Size;
  readonly fullscreen: boolean;
  readonly borderless: boolean;
  readonly resizable: boolean;
  /** Whether the window takes the whole keyboard, also the system's own shortcuts. */
  readonly grabKeyboard: "fullscreen" | "always" | "never";
  /** X display, or undefined for the environment's choice. */
  readonly display: string | undefined;
}

/** What the worker is given at its start. */
export interface WindowWorkerData {
  readonly settings: WindowSettings;
  readonly commands: MessagePort;
  /** An eventfd of the opener (Linux), which it signals after each command. */
  readonly wakeDescriptor: number | undefined;
}

/** What the worker is told. */
export type WindowCommand =
  | { readonly type: "title"; readonly title: string }
  | { readonly type: "fullscreen"; readonly on: boolean | "toggle" }
  | { readonly type: "relative"; readonly on: boolean | "toggle" }
  | { readonly type: "cursor"; readonly shape: CursorShape | "hidden" | "default" }
  | { readonly type: "picture"; readonly size: Size }
  | { readonly type: "size"; readonly size: Size }
  | { readonly type: "raise" }
  | { readonly type: "surface"; readonly port: MessagePort | undefined }
  | { readonly type: "quit" };

/** What the worker tells. */
export type WindowReport =
  | { readonly type: "opened"; readonly size: Size; readonly x11Window: number | undefined }
  | { readonly type: "window"; readonly x11Window: number | undefined }
  | { readonly type: "events"; readonly events: readonly WindowEvent[] }
  | { readonly type: "failed"; readonly code: MediaErrorCode; readonly message: string };

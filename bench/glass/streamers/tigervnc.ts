import { type CommandPair, commandStreamer } from "../command-streamer.ts";
import type { Streamer } from "../streamer.ts";

export const COMMANDS: CommandPair = {
  name: "tigervnc",
  debianPackages: ["tigervnc-scraping-server", "tigervnc-viewer"],
  takesInput: true,
  startsFirst: "host",
  headStartMillis: 700,
  host: [
    ...["X0tigervnc", "-display", "{displayA}", "-rfbport", "{port}", "-localhost=1"],
    ...["-SecurityTypes", "None", "-FrameRate", "250", "-MaxProcessorUsage", "100"],
    ...["-PollingCycle", "4", "-UseSHM=1", "-CompareFB=0", "-AcceptSetDesktopSize=0"],
  ],
  client: [
    ...["xtigervncviewer", "-SecurityTypes", "None", "-PointerEventInterval=0", "-FullScreen=1"],
    ...["-RemoteResize=0", "-AutoSelect=1", "127.0.0.1::{port}"],
  ],
};

/** TigerVNC's server for an existing display and its viewer. Its rate has no bound. */
export const tigervnc: Streamer = commandStreamer(COMMANDS);

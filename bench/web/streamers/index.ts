/** What is compared in the browser. */
import type { Streamer } from "../../glass/streamer.ts";
import { chromium } from "./chromium.ts";
import { novnc } from "./novnc.ts";
import { webrtc, webtransport, webtransportCanvas } from "./wavry.ts";

/** In the order of the tables. */
export const streamers: readonly Streamer[] = [webtransport, webrtc, chromium, novnc];

/** Only run by name: what Wavry would be without a part of it. */
export const variants: readonly Streamer[] = [webtransportCanvas];

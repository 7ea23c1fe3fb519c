/** What a browser has counted of a video track since it began. */
export interface TrackTotals {
  /** Milliseconds, of a clock of the browser's. */
  readonly at: number;
  readonly bytes: number;
  readonly frames: number;
  readonly decodeSeconds: number;
  /** Packets. */
  readonly lost: number;
  readonly received: number;
  /** They come through a TURN server. */
  readonly isRelayed: boolean;
}

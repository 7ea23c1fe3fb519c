import type { Micros, Size } from "@wavry/rift-core";
import { SyntheticCapture } from "../../src/capture/synthetic-capture.ts";
import { SyntheticControls, SyntheticScreen } from "../../src/capture/synthetic-screen.ts";
import { Waker } from "../../src/capture/waker.ts";
import { openEncoder } from "../../src/encode/open-encoder.ts";
import type { VideoEncoder, VideoEncoderOptions } from "../../src/encode/video-encoder.ts";
import { ScreenPump } from "../../src/source/screen-pump.ts";

/** What takes the updates. */
export interface BenchClient extends Disposable {
  paint(update: Uint8Array): void;
}

/** Settings of `PumpBench`. */
export interface PumpBenchOptions {
  /** Default 512x320. */
  readonly size?: Size;
  readonly patches?: boolean;
  /** Of the encoder; with one it makes the same bytes of the same pictures. */
  readonly threads?: number;
  readonly wrap?: (encoder: VideoEncoder) => VideoEncoder;
}

/** For tests: a pump over a synthetic screen in virtual time; nothing waits. */
export class PumpBench<Client extends BenchClient> implements Disposable {
  now: Micros = 1_000_000;
  /** Sizes of the encoders that were opened. */
  readonly encoders: Size[] = [];
  readonly controls: SyntheticControls;
  readonly capture: SyntheticCapture;
  readonly pump: ScreenPump;
  readonly client: Client;
  readonly sentAt: Micros[] = [];
  readonly #waker = new Waker();

  constructor(client: Client, options?: PumpBenchOptions) {
    this.client = client;
    this.controls = new SyntheticControls(options?.size ?? { width: 512, height: 320 });
    const screen = new SyntheticScreen(this.controls.memory);
    this.capture = new SyntheticCapture({ screen, waker: this.#waker });
    this.pump = new ScreenPump({
      capture: this.capture,
      clock: () => this.now,
      display: 3,
      maxFps: 60,
      bitrateBps: 10_000_000,
      patches: options?.patches ?? true,
      openEncoder: async (wanted: VideoEncoderOptions) => {
        this.encoders.push(wanted.size);
        const { threads } = options ?? {};
        const encoder = await openEncoder(threads === undefined ? wanted : { ...wanted, threads });
        return options?.wrap?.(encoder) ?? encoder;
      },
      emit: (update) => {
        this.sentAt.push(this.now);
        client.paint(update);
      },
    });
    this.pump.resume();
  }

  /** Lets the pump do what it would do until `end`, as its thread does. */
  async runUntil(end: Micros): Promise<void> {
    while (this.now < end) {
      if (this.pump.needsEncoder) await this.pump.prepare();
      const { dueAt, heedDamage } = this.pump.plan();
      const event = this.capture.wait(0, heedDamage);
      if (event === "resized") {
        this.pump.resize();
        continue;
      }
      if (event !== "damage") this.now = Math.max(this.now, Math.min(end, dueAt));
      if (event === "damage" || this.now < end) this.pump.step(event);
    }
  }

  /** Small boxes of many colours: nothing that patches are for. */
  noise(seed: number): void {
    for (let index = 0; index < 200; index++)
      this.controls.fill(
        {
          x: (index * 97 + seed * 5) % 490,
          y: (index * 61 + seed * 3) % 300,
          width: 22,
          height: 20,
        },
        (Math.imul(seed * 991 + index, 0x9e3779b1) >>> 8) & 0x7f7f7f,
      );
  }

  [Symbol.dispose](): void {
    this.pump[Symbol.dispose]();
    this.capture[Symbol.dispose]();
    this.#waker[Symbol.dispose]();
    this.client[Symbol.dispose]();
  }
}

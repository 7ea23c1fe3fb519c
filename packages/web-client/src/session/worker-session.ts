import { CloseReason, type Micros } from "@wavry/rift-core";
import type { Control } from "@wavry/rift-core/control";
import type { SessionIdentity } from "@wavry/rift-crypto";
import { Endpoint } from "@wavry/rift-session";
import { type RiftConnection, SessionDriver } from "@wavry/rift-session/driver";
import { browserSuite } from "../browser-suite.ts";
import { PortCarrier } from "../carriers/port-carrier.ts";
import { WebTransportCarrier } from "../carriers/web-transport-carrier.ts";
import { InputUplink } from "../input/input-uplink.ts";
import { CanvasSurface } from "../show/canvas-surface.ts";
import { MotionSurface } from "../show/motion-surface.ts";
import type { PictureCodec } from "../show/picture-decoder.ts";
import type { Surface } from "../show/surface.ts";
import { UpdatePainter } from "../show/update-painter.ts";
import { CarrierSwitch, HOST_ADDRESS } from "./carrier-switch.ts";
import { monotonicMicros } from "./clock.ts";
import { FigureMeter } from "./figure-meter.ts";
import type { ScreenStage, StreamWishes, WorkerCommand, WorkerReport } from "./messages.ts";
import { rightsOf } from "./rights.ts";
import { SessionTimer } from "./session-timer.ts";

const FIGURES_EVERY_MILLIS = 1_000;
const MAX_NOTICE_LENGTH = 500;
const FRAME_MILLIS = 17;
/** Failures of the decoder without a picture in between after which this browser is taken as unable. */
const MAX_DECODER_FAILURES = 5;

/** How a connection that was moved to another carrier is looked after. */
const PATH_LOOK_MILLIS = 20;
const MAX_PATH_LOOKS = 250;

type ConnectCommand = Extract<WorkerCommand, { type: "connect" }>;

/** A session in its worker: carriers, RIFT, decoding and painting. The page says what to do, and is told what happens. */
export class WorkerSession implements Disposable {
  readonly #report: (report: WorkerReport, transfer?: Transferable[]) => void;
  readonly #decodable: Promise<readonly PictureCodec[]>;
  readonly #carriers: CarrierSwitch;
  readonly #driver: SessionDriver;
  readonly #timer: SessionTimer;
  readonly #surface: Surface;
  /** The surface, where there is a video. */
  readonly #motion: MotionSurface | undefined;
  readonly #painter: UpdatePainter;
  readonly #meter = new FigureMeter(monotonicMicros());
  readonly #figures: ReturnType<typeof setInterval>;
  #connection: RiftConnection | undefined;
  #uplink: InputUplink | undefined;
  #attempt: AbortController | undefined;
  #proving: ReturnType<typeof setInterval> | undefined;
  #wishes: StreamWishes | undefined;
  #decoderFailures = 0;
  #stopped = false;

  /** Takes the stage over; borrows the identity. `decodable` is what hosts are told, and never rejects. */
  constructor(
    identity: SessionIdentity,
    { canvas, video }: ScreenStage,
    report: (report: WorkerReport, transfer?: Transferable[]) => void,
    decodable: Promise<readonly PictureCodec[]>,
  ) {
    this.#report = report;
    this.#decodable = decodable;
    const still = new CanvasSurface(canvas);
    this.#motion =
      video &&
      new MotionSurface({
        ...{ still, video, now: () => performance.now(), nextFrame },
        onRun: (run) => report({ type: "motion-begins", run }),
        onRest: (run) => report({ type: "motion-rests", run }),
      });
    this.#surface = this.#motion ?? still;
    this.#carriers = new CarrierSwitch({
      onDatagram: (datagram) => this.#driver.receive(datagram, HOST_ADDRESS),
      onLost: (carrier, reason) => report({ type: "carrier-lost", carrier, reason }),
    });
    this.#timer = new SessionTimer(() => this.#driver.handleTimer());
    this.#driver = new SessionDriver({
      endpoint: new Endpoint({ suite: browserSuite, identity, now: monotonicMicros() }),
      now: monotonicMicros,
      send: (bytes, length) => this.#carriers.send(bytes.subarray(0, length)),
      setTimer: (at) => this.#timer.set(at),
    });
    this.#painter = new UpdatePainter({
      surface: this.#surface,
      now: monotonicMicros,
      onKeyframeNeeded: () => this.#connection?.requestKeyframe(),
      onScreenSize: (size) => report({ type: "screen", ...size }),
      onShown: (update) => {
        this.#decoderFailures = 0;
        this.#meter.add(update, this.#connection?.stats().clockOffsetMicros ?? 0);
      },
      onDecoderFailed: (error) => this.#onDecoderFailed(error),
    });
    this.#figures = setInterval(() => this.#reportFigures(), FIGURES_EVERY_MILLIS);
  }

  /** Does what the page says. */
  handle(command: WorkerCommand): void {
    if (this.#stopped) return;
    switch (command.type) {
      case "start":
        return;
      case "open-web-transport":
        void this.#openWebTransport(command);
        return;
      case "open-port":
        this.#carriers.add(command.carrier, new PortCarrier(command.port));
        return this.#report({ type: "carrier-open", carrier: command.carrier });
      case "use-carrier":
        this.#carriers.use(command.carrier);
        return this.#provePath(command.carrier);
      case "close-carrier":
        return this.#carriers.close(command.carrier);
      case "connect":
        void this.#connect(command);
        return;
      case "wishes":
        return this.#sendWishes(command.wishes);
      case "input":
        return this.#uplink?.handle(command.events);
      case "snapshot":
        void this.#snapshot(command.request);
        return;
      case "motion-shown":
        return this.#motion?.uncovered(command.run);
      case "stop":
        return this.#stop();
    }
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  async #openWebTransport({
    carrier,
    target,
    timeoutMillis,
  }: Extract<WorkerCommand, { type: "open-web-transport" }>): Promise<void> {
    try {
      const opened = await WebTransportCarrier.open(target, timeoutMillis);
      if (this.#stopped) return opened.close();
      this.#carriers.add(carrier, opened);
      this.#report({ type: "carrier-open", carrier });
    } catch (error) {
      this.#report({ type: "carrier-lost", carrier, reason: (error as Error).message });
    }
  }

  /** Tells the page once a connection goes on over another carrier. */
  #provePath(carrier: number): void {
    const connection = this.#connection;
    if (connection?.isOpen !== true) return;
    const before = connection.stats().packetsReceived;
    // It goes out at once and is long enough for the host to ask us for the proof that we are here.
    connection.requestKeyframe();
    clearInterval(this.#proving);
    let looks = MAX_PATH_LOOKS;
    this.#proving = setInterval(() => {
      const alive = connection.stats().packetsReceived > before;
      if (alive) this.#report({ type: "path-alive", carrier });
      if (alive || --looks === 0 || !connection.isOpen) clearInterval(this.#proving);
    }, PATH_LOOK_MILLIS);
  }

  async #connect(command: ConnectCommand): Promise<void> {
    const { wavryId, staticKey, timeoutMicros } = command;
    this.#attempt?.abort();
    const attempt = new AbortController();
    this.#attempt = attempt;
    try {
      const decodable = await this.#decodable;
      attempt.signal.throwIfAborted();
      const connection = await this.#driver.connect({
        addresses: [HOST_ADDRESS],
        remote: { wavryId, staticKey },
        timeoutMicros,
        signal: attempt.signal,
      });
      if (this.#stopped || this.#attempt !== attempt) return connection.close(CloseReason.done);
      const old = this.#connection;
      this.#attach(connection, command, decodable);
      old?.close(CloseReason.replaced);
      this.#report({ type: "connected" });
    } catch (error) {
      if (this.#attempt !== attempt || this.#stopped) return;
      const { code = "failed", message } = error as Error & { code?: string };
      this.#report({ type: "connect-failed", code, message });
    }
  }

  #attach(
    connection: RiftConnection,
    { deviceName, patches, wishes }: ConnectCommand,
    decodable: readonly PictureCodec[],
  ): void {
    this.#connection = connection;
    this.#uplink?.[Symbol.dispose]();
    this.#uplink = new InputUplink(
      {
        sendInput: (datagram) => connection.sendInput(datagram),
        sendText: (text) =>
          connection.sendControl({ body: { case: "textInput", value: { text } } }),
      },
      monotonicMicros,
    );
    this.#painter.reset();
    this.#meter.restart();
    connection.onControl = (message) => this.#handleControl(message);
    connection.onUpdate = (bytes, { contiguous }) => this.#painter.push(bytes, contiguous);
    connection.onInputAcknowledged = (sequence) => this.#uplink?.onAcknowledged(sequence);
    connection.onCursor = (position) => this.#report({ type: "cursor-position", position });
    connection.onSuspended = () => this.#report({ type: "suspended" });
    // An attempt that is under way goes on: the host may have left this connection for it already.
    connection.onResumed = () => this.#report({ type: "resumed" });
    void connection.closed.then(({ reason, message, remote }) => {
      if (connection !== this.#connection || this.#stopped) return;
      this.#connection = undefined;
      this.#report({ type: "closed", reason, message: cleaned(message), remote });
    });
    const codecs = ["h264"];
    if (patches) codecs.push("patch");
    if (decodable.includes("av1")) codecs.push("av1");
    connection.sendControl({
      body: { case: "hello", value: { protocolVersion: 1, deviceName, codecs } },
    });
    this.#sendWishes(wishes);
  }

  #sendWishes(wishes: StreamWishes): void {
    const before = this.#wishes;
    this.#wishes = wishes;
    this.#connection?.sendControl({ body: { case: "streamSettings", value: wishes } });
    if (before === undefined || !isSilent(before) || isSilent(wishes)) return;
    // Pictures were left out without a gap in their numbers.
    this.#painter.reset();
    this.#connection?.requestKeyframe();
  }

  #handleControl({ body }: Control): void {
    switch (body.case) {
      case "hostHello": {
        const { deviceName, monitors, rights, features } = body.value;
        return this.#report({
          type: "welcome",
          name: cleaned(deviceName),
          monitors: monitors.map(({ id, name, width, height }) => ({
            ...{ id, name: cleaned(name), width, height },
          })),
          rights: rightsOf(rights),
          takesText: features.includes("text-input"),
          takesGamepads: features.includes("gamepad"),
        });
      }
      case "screenChanged": {
        const { width, height } = body.value;
        // Where pictures come in packets, the canvas tells when it has the new size.
        if (this.#wishes?.videoTrack === true && width > 0 && height > 0)
          this.#report({ type: "screen", width, height });
        return;
      }
      case "cursorShape":
        return this.#report({ type: "cursor-shape", shape: body.value });
      case "rightsChanged":
        return this.#report({ type: "rights", rights: rightsOf(body.value.rights) });
      case "notice": {
        const notice = { code: cleaned(body.value.code), text: cleaned(body.value.text) };
        return this.#report({ type: "notice", notice });
      }
      default:
        return;
    }
  }

  #onDecoderFailed(error: unknown): void {
    if (++this.#decoderFailures !== MAX_DECODER_FAILURES) return;
    this.#report({ type: "undecodable", message: (error as Error).message });
  }

  #reportFigures(): void {
    const now: Micros = monotonicMicros();
    const figures = this.#meter.take(this.#connection?.stats(), now);
    this.#report({ type: "figures", figures });
  }

  async #snapshot(request: number): Promise<void> {
    const picture = await this.#surface.snapshot();
    this.#report({ type: "snapshot", request, picture }, picture === undefined ? [] : [picture]);
  }

  #stop(): void {
    if (this.#stopped) return;
    this.#uplink?.releaseAll();
    this.#uplink?.[Symbol.dispose]();
    this.#stopped = true;
    clearInterval(this.#figures);
    clearInterval(this.#proving);
    this.#attempt?.abort();
    this.#painter[Symbol.dispose]();
    const covered = this.#motion?.[Symbol.asyncDispose]();
    void Promise.allSettled([this.#driver.close(CloseReason.done), covered]).then(() => {
      this.#driver[Symbol.dispose]();
      this.#timer[Symbol.dispose]();
      this.#carriers[Symbol.dispose]();
      this.#report({ type: "stopped" });
    });
  }
}

/** Not every browser's workers know the display's frames. */
function nextFrame(then: () => void): void {
  if ("requestAnimationFrame" in globalThis) requestAnimationFrame(then);
  else setTimeout(then, FRAME_MILLIS);
}

/** Whether no pictures come in packets. */
function isSilent({ paused, videoTrack }: StreamWishes): boolean {
  return paused || videoTrack;
}

/** Text of the host's, for people: bounded, without control characters. */
function cleaned(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, " ").slice(0, MAX_NOTICE_LENGTH);
}

import { CloseReason, type Micros } from "@wavry/rift-core";
import type { Control } from "@wavry/rift-core/control";
import type { SessionIdentity } from "@wavry/rift-crypto";
import { Endpoint } from "@wavry/rift-session";
import { type RiftConnection, SessionDriver } from "@wavry/rift-session/driver";
import { browserSuite } from "../browser-suite.ts";
import { PortCarrier } from "../carriers/port-carrier.ts";
import { WebTransportCarrier } from "../carriers/web-transport-carrier.ts";
import { InputUplink } from "../input/input-uplink.ts";
import { CarrierSwitch, HOST_ADDRESS } from "./carrier-switch.ts";
import { fromShared, monotonicMicros } from "./clock.ts";
import { FigureMeter } from "./figure-meter.ts";
import type { StreamWishes, WorkerCommand, WorkerReport } from "./messages.ts";
import { PictureOutlet } from "./picture-outlet.ts";
import { rightsOf } from "./rights.ts";
import { SessionTimer } from "./session-timer.ts";

const FIGURES_EVERY_MILLIS = 1_000;
const MAX_NOTICE_LENGTH = 500;

/** How a connection that was moved to another carrier is looked after. */
const PATH_LOOK_MILLIS = 20;
const MAX_PATH_LOOKS = 250;

type ConnectCommand = Extract<WorkerCommand, { type: "connect" }>;

/**
 * A session in its worker: carriers, RIFT and input. The page says what to do, and is told what happens. Pictures are decoded and
 * painted in another thread, so that nothing here takes long.
 */
export class WorkerSession implements Disposable {
  readonly #report: (report: WorkerReport) => void;
  readonly #carriers: CarrierSwitch;
  readonly #driver: SessionDriver;
  readonly #timer: SessionTimer;
  readonly #pictures: PictureOutlet;
  readonly #meter = new FigureMeter(monotonicMicros());
  readonly #figures: ReturnType<typeof setInterval>;
  #connection: RiftConnection | undefined;
  #uplink: InputUplink | undefined;
  #attempt: AbortController | undefined;
  #proving: ReturnType<typeof setInterval> | undefined;
  #wishes: StreamWishes | undefined;
  #stopped = false;

  /** Borrows the identity and takes the port over. */
  constructor(
    identity: SessionIdentity,
    pictures: MessagePort,
    report: (report: WorkerReport) => void,
  ) {
    this.#report = report;
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
    this.#pictures = new PictureOutlet(pictures, {
      onKeyframeNeeded: () => this.#connection?.requestKeyframe(),
      onShown: (update) => {
        const shownAt = fromShared(update.shownAt);
        this.#meter.add({ ...update, shownAt }, this.#connection?.stats().clockOffsetMicros ?? 0);
      },
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
      const connection = await this.#driver.connect({
        addresses: [HOST_ADDRESS],
        remote: { wavryId, staticKey },
        timeoutMicros,
        signal: attempt.signal,
      });
      if (this.#stopped || this.#attempt !== attempt) return connection.close(CloseReason.done);
      const old = this.#connection;
      this.#attach(connection, command);
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
    { deviceName, patches, codecs: decodable, wishes }: ConnectCommand,
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
    this.#pictures.reset();
    this.#meter.restart();
    connection.onControl = (message) => this.#handleControl(message);
    connection.onUpdate = (bytes, info) => this.#pictures.push(bytes, info);
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
    this.#pictures.reset();
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

  #reportFigures(): void {
    const now: Micros = monotonicMicros();
    const figures = this.#meter.take(this.#connection?.stats(), now);
    this.#report({ type: "figures", figures });
  }

  #stop(): void {
    if (this.#stopped) return;
    this.#uplink?.releaseAll();
    this.#uplink?.[Symbol.dispose]();
    this.#stopped = true;
    clearInterval(this.#figures);
    clearInterval(this.#proving);
    this.#attempt?.abort();
    this.#pictures[Symbol.dispose]();
    void Promise.allSettled([this.#driver.close(CloseReason.done)]).then(() => {
      this.#driver[Symbol.dispose]();
      this.#timer[Symbol.dispose]();
      this.#carriers[Symbol.dispose]();
      this.#report({ type: "stopped" });
    });
  }
}

/** Whether no pictures come in packets. */
function isSilent({ paused, videoTrack }: StreamWishes): boolean {
  return paused || videoTrack;
}

/** Text of the host's, for people: bounded, without control characters. */
function cleaned(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, " ").slice(0, MAX_NOTICE_LENGTH);
}

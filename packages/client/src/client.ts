import { MAX_DEVICE_NAME_LENGTH, visibleText } from "@wavry/keyring";
import type { ClientWindow, VideoPipeline } from "@wavry/media/view";
import { CloseReason, closeReasonName, type Micros, type Size } from "@wavry/rift-core";
import type { Control } from "@wavry/rift-core/control";
import {
  isCarrierAddress,
  monotonicMicros,
  type RiftConnection,
  RiftEndpoint,
} from "@wavry/rift-udp";
import type { PathFinder, PathReport } from "@wavry/rift-udp/paths";
import { type ClientFigures, FigureMeter, overlayLines } from "./client-figures.ts";
import type { ClientEnd, ClientEvent, ClientOptions, ClientStatistics } from "./client-options.ts";
import { connectToHost, type HostIdentity } from "./connect-to-host.ts";
import { InputUplink } from "./input-uplink.ts";
import { RemotePointer } from "./remote-pointer.ts";
import { startPaths } from "./start-paths.ts";
import { openView, type View } from "./view.ts";

const FIGURES_EVERY_MS = 1_000;
/** How long a client keeps trying to get back to a host that fell silent. */
const RECONNECT_FOR: Micros = 120_000_000;
const RECONNECT_PAUSE_MS = 500;
/** So long after we tried to connect anew, a connection that the host replaced was replaced by that. */
const OWN_ATTEMPT_FOR: Micros = 10_000_000;
const MAX_NOTICE_LENGTH = 500;

/** Shows one host's screen and steers it, until the window closes or the host ends it. */
export class Client implements AsyncDisposable {
  /** Resolves once everything is closed. */
  readonly closed: Promise<ClientEnd>;
  readonly #options: ClientOptions;
  readonly #endpoint: RiftEndpoint;
  readonly #view: View;
  readonly #window: ClientWindow | undefined;
  readonly #pipeline: VideoPipeline;
  readonly #startedAt: Micros;
  readonly #meter: FigureMeter;
  readonly #timer: NodeJS.Timeout;
  readonly #end = Promise.withResolvers<ClientEnd>();
  readonly #host: HostIdentity;
  readonly #finder: PathFinder | undefined;
  #connection: RiftConnection;
  #uplink: InputUplink;
  #hostName = "";
  #overlay: boolean;
  #shownFirst = false;
  #sized = false;
  #figures: ClientFigures | undefined;
  readonly #pointer: RemotePointer;
  #ending = false;
  /** Set while a new connection is tried for. */
  #reconnecting: AbortController | undefined;
  /** When we last tried to connect anew. */
  #triedAt: Micros = -Infinity;

  /** Connects, opens the window and resolves when the host has let us in. Rejects with ConnectError or MediaError. */
  static async connect(options: ClientOptions): Promise<Client> {
    const startedAt = monotonicMicros();
    await using stack = new AsyncDisposableStack();
    // The window and the decoder take longer than the handshake: all three start at once.
    const showing = options.view ?? openView(options);
    stack.defer(async () => (await showing.catch(() => undefined))?.[Symbol.asyncDispose]());
    const endpoint = stack.use(
      await RiftEndpoint.bind({
        identity: options.identity,
        suite: options.suite,
        prefer: options.prefer,
        smoothing: options.smoothing,
      }),
    );
    const finder = startPaths(endpoint, options);
    if (finder !== undefined) stack.use(finder);
    const connecting = connectToHost(endpoint, options, finder);
    const [connected, shown] = await Promise.allSettled([connecting, showing]);
    if (connected.status === "rejected") throw connected.reason;
    if (shown.status === "rejected") {
      connected.value.connection.close(CloseReason.done);
      throw shown.reason;
    }
    const parts = { endpoint, finder, ...connected.value, view: shown.value };
    const client = new Client(options, parts, startedAt);
    stack.move();
    return client;
  }

  private constructor(
    options: ClientOptions,
    parts: {
      endpoint: RiftEndpoint;
      finder: PathFinder | undefined;
      connection: RiftConnection;
      host: HostIdentity;
      view: View;
    },
    startedAt: Micros,
  ) {
    const { endpoint, finder, connection, host, view } = parts;
    this.#options = options;
    this.#endpoint = endpoint;
    this.#finder = finder;
    this.#view = view;
    this.#window = view.window;
    this.#pipeline = view.pipeline;
    this.#pointer = new RemotePointer(view);
    this.#startedAt = startedAt;
    this.#host = host;
    this.#overlay = options.overlay ?? false;
    this.#meter = new FigureMeter(monotonicMicros());
    this.closed = this.#end.promise;
    this.#connection = connection;
    this.#uplink = new InputUplink(this.#connection, monotonicMicros);
    this.#watchWindow();
    this.#watchPipeline();
    this.#attach(connection);
    this.#timer = setInterval(() => this.#report(), FIGURES_EVERY_MS);
    options.signal?.addEventListener("abort", () => void this.stop(), { once: true });
  }

  /** What carries the datagrams. */
  get socketKind(): RiftEndpoint["socketKind"] {
    return this.#endpoint.socketKind;
  }

  /** The figures of the last full second. */
  get figures(): ClientFigures | undefined {
    return this.#figures;
  }

  /** The picture as it stands now. */
  snapshot(): ReturnType<VideoPipeline["snapshot"]> {
    return this.#pipeline.snapshot();
  }

  /** Statistics of the connection that is in use, and the path where it is known. */
  statistics(): ClientStatistics {
    return { ...this.#connection.stats(), path: this.#finder?.used };
  }

  /** How the path was found, for people; undefined where none was searched. */
  pathReport(): PathReport | undefined {
    return this.#finder?.report;
  }

  /** Releases everything, says goodbye and closes the window. */
  stop(): Promise<ClientEnd> {
    void this.#finish({ reason: "stopped", message: "stopped" });
    return this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #emit(event: ClientEvent): void {
    this.#options.onEvent?.(event);
  }

  #watchWindow(): void {
    const window = this.#window;
    if (window === undefined) return;
    window.onInput = (events) => this.#uplink.handle(events);
    window.onCloseRequest = () =>
      void this.#finish({ reason: "window-closed", message: "the window was closed" });
    window.onStatisticsToggle = () => {
      this.#overlay = !this.#overlay;
      this.#showOverlay();
    };
    void window.closed.then((failure) =>
      this.#finish(
        failure === undefined
          ? { reason: "window-closed", message: "the window was closed" }
          : { reason: "failed", message: failure.message },
      ),
    );
    window.onMode = ({ relativeMouse }) => this.#pointer.onMode(relativeMouse);
    if (this.#options.relativeMouse === true) window.setRelativeMouse(true);
  }

  #watchPipeline(): void {
    const pipeline = this.#pipeline;
    pipeline.onKeyframeNeeded = () => this.#connection.requestKeyframe();
    pipeline.onScreenSize = (size) => this.#fitWindow(size);
    pipeline.onUpdates = (updates) => {
      this.#meter.add(updates, this.#connection.stats().clockOffsetMicros);
      if (this.#shownFirst) return;
      const first = updates.find((update) => update.dropped === undefined);
      const size = pipeline.screenSize;
      if (first === undefined || size === undefined) return;
      this.#shownFirst = true;
      this.#emit({
        type: "first-picture",
        afterMicros: first.presentedAt - this.#startedAt,
        ...size,
      });
    };
    void pipeline.closed.then((failure) => {
      if (failure !== undefined) void this.#finish({ reason: "failed", message: failure.message });
    });
  }

  /** A window that the user has not sized takes the size of the host's screen. */
  #fitWindow(size: Size): void {
    if (this.#sized || this.#options.fullscreen === true) return;
    this.#sized = true;
    this.#window?.setSize(size);
  }

  #attach(connection: RiftConnection): void {
    this.#connection = connection;
    this.#uplink[Symbol.dispose]();
    this.#uplink = new InputUplink(connection, monotonicMicros);
    this.#meter.restart();
    this.#finder?.attach(connection);
    connection.onControl = (message) => this.#handleControl(message);
    connection.onUpdate = (bytes, info) => this.#pipeline.push(bytes, info);
    connection.onInputAcknowledged = (sequence) => this.#uplink.onAcknowledged(sequence);
    connection.onCursor = (position) => this.#pointer.onPosition(position);
    connection.onSuspended = () => {
      this.#setTitle(`${this.#hostName} – waiting for the network`);
      this.#emit({ type: "suspended" });
      // The host may have been started anew, and then never heard of this connection: ask it for another.
      if (this.#options.reconnect !== false)
        void this.#reconnect("nothing was heard from the host");
    };
    connection.onResumed = () => {
      this.#reconnecting?.abort();
      this.#setTitle(this.#hostName);
      this.#emit({ type: "resumed" });
    };
    void connection.closed.then(({ reason, message, remote }) =>
      this.#closedBy(connection, reason, message, remote),
    );
    const { name, maxBitrateBps = 0, maxFps = 0, patches = true } = this.#options;
    connection.sendControl({
      body: {
        case: "hello",
        value: {
          protocolVersion: 1,
          deviceName: name,
          codecs: patches ? ["h264", "patch"] : ["h264"],
        },
      },
    });
    connection.sendControl({
      body: { case: "streamSettings", value: { maxBitrateBps, maxFps } },
    });
  }

  #handleControl({ body }: Control): void {
    switch (body.case) {
      case "hostHello": {
        this.#hostName = visibleText(body.value.deviceName, MAX_DEVICE_NAME_LENGTH);
        this.#setTitle(this.#hostName);
        const { peer, remote } = this.#connection;
        this.#emit({
          type: "connected",
          host: this.#hostName,
          wavryId: peer.wavryId,
          remote: isCarrierAddress(remote.address) ? "a relay" : `${remote.address}:${remote.port}`,
          newlyPaired: peer.paired === "now",
        });
        try {
          this.#host.remember(this.#connection, this.#hostName);
        } catch (error) {
          this.#emit({ type: "notice", code: "devices-failed", text: (error as Error).message });
        }
        return;
      }
      case "cursorShape":
        this.#pointer.onShape(body.value);
        return;
      case "notice": {
        const { code, text } = body.value;
        this.#emit({
          type: "notice",
          code: visibleText(code, MAX_NOTICE_LENGTH),
          text: visibleText(text, MAX_NOTICE_LENGTH),
        });
        return;
      }
      default:
        return;
    }
  }

  #closedBy(connection: RiftConnection, reason: number, message: string, remote: boolean): void {
    if (this.#ending || connection !== this.#connection) return;
    const text = visibleText(message, MAX_NOTICE_LENGTH) || closeReasonName(reason);
    const final: readonly number[] = [CloseReason.done, CloseReason.refused, CloseReason.forgotten];
    // It may be our own new connection that replaces this one: the host may have it, and we have given it up.
    const isOurs = monotonicMicros() < this.#triedAt + OWN_ATTEMPT_FOR;
    const replaced = reason === CloseReason.replaced && this.#reconnecting === undefined && !isOurs;
    if (remote && (final.includes(reason) || replaced))
      void this.#finish({ reason: "host-closed", message: `the host closed: ${text}` });
    else if (this.#options.reconnect === false)
      void this.#finish({ reason: "lost", message: `the connection was lost: ${text}` });
    else void this.#reconnect(text);
  }

  /** Tries to connect until that works, the old connection comes back to life, or it is no use any more. */
  async #reconnect(reason: string): Promise<void> {
    if (this.#reconnecting !== undefined) return;
    const abort = new AbortController();
    this.#reconnecting = abort;
    const { signal: stopped } = this.#options;
    const signal = stopped === undefined ? abort.signal : AbortSignal.any([abort.signal, stopped]);
    const old = this.#connection;
    this.#emit({ type: "reconnecting", reason });
    this.#setTitle(`${this.#hostName} – reconnecting`);
    const giveUpAt = monotonicMicros() + RECONNECT_FOR;
    while (!this.#ending && !abort.signal.aborted && monotonicMicros() < giveUpAt) {
      try {
        const connecting = this.#endpoint.connect({ ...this.#host.target(), signal });
        const connection = await connecting.finally(() => {
          this.#triedAt = monotonicMicros();
        });
        this.#reconnecting = undefined;
        if (this.#ending) connection.close(CloseReason.done);
        else this.#attach(connection);
        old.close(CloseReason.replaced);
        return;
      } catch (error) {
        const code = (error as { code?: string }).code;
        if (code === "key-changed")
          return this.#finish({ reason: "failed", message: (error as Error).message });
        if (!signal.aborted)
          await new Promise((resolve) => setTimeout(resolve, RECONNECT_PAUSE_MS));
      }
    }
    this.#reconnecting = undefined;
    if (abort.signal.aborted && !this.#ending) {
      if (!old.isOpen) void this.#reconnect(reason);
      return;
    }
    return this.#finish({ reason: "lost", message: `the connection was lost: ${reason}` });
  }

  #report(): void {
    const figures = this.#meter.take(this.#connection.stats(), monotonicMicros());
    const way = this.#finder?.used?.way;
    this.#figures = way === undefined ? figures : { ...figures, way };
    this.#emit({ type: "figures", figures: this.#figures });
    if (this.#overlay) this.#showOverlay();
  }

  #showOverlay(): void {
    const figures = this.#figures;
    this.#pipeline.setOverlay(
      this.#overlay && figures !== undefined ? overlayLines(figures) : null,
    );
  }

  #setTitle(title: string): void {
    this.#window?.setTitle(`${title} – Wavry`);
  }

  async #finish(end: ClientEnd): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    clearInterval(this.#timer);
    this.#uplink.releaseAll();
    this.#uplink[Symbol.dispose]();
    this.#connection.close(CloseReason.done);
    await this.#view[Symbol.asyncDispose]();
    // The host is told over the relay, too: paths end after that.
    await this.#endpoint[Symbol.asyncDispose]();
    await this.#finder?.[Symbol.asyncDispose]();
    this.#end.resolve(end);
  }
}

import { type InputInjector, injectorSink, openInjector } from "@wavry/input";
import { visibleText } from "@wavry/keyring";
import {
  CloseReason,
  type CongestionOptions,
  closeReasonName,
  DEFAULT_HOST_PORT,
  DeltaController,
  HeldState,
} from "@wavry/rift-core";
import { createPairingSecret, encodePairingLink, type HostAddress } from "@wavry/rift-crypto";
import {
  monotonicMicros,
  type PeerIdentity,
  type RiftConnection,
  RiftEndpoint,
} from "@wavry/rift-udp";
import type { PathNews, PathReport } from "@wavry/rift-udp/paths";
import { ALL_RIGHTS, type Right } from "@wavry/signaling";
import { GuestBook } from "./guest-book.ts";
import type { Guest } from "./guests.ts";
import { HostClient } from "./host-client.ts";
import type { HostEnd, HostEvent, HostOptions } from "./host-options.ts";
import { type GuestPaths, HostPaths } from "./host-paths.ts";
import { reachableAddresses } from "./local-addresses.ts";
import { PairingSecrets } from "./pairing-secrets.ts";
import { DEFAULT_BITRATE_BPS, ScreenShare } from "./screen-share.ts";
import { WebDoor } from "./web/web-door.ts";
import type { OpenWebOptions, WebCounters, WebPlace, WebRequest } from "./web/web-options.ts";

/** An unknown path is met with this much; the first frames tell how much it takes. */
const START_BPS = 4_000_000;
const MIN_BPS = 200_000;
const DEFAULT_MAX_FPS = 60;
const MAX_REASON_LENGTH = 200;

/** What a path may take at least and at most: all of the video, and as much again for what mends it. */
function pathBounds(options: HostOptions): CongestionOptions {
  const maxBps = 2 * (options.bitrateBps ?? DEFAULT_BITRATE_BPS);
  return {
    startBps: Math.min(maxBps, START_BPS),
    minBps: Math.min(maxBps, MIN_BPS),
    maxBps,
    maxFps: options.maxFps ?? DEFAULT_MAX_FPS,
  };
}

/** Shares one display with paired clients, several at once. */
export class Host implements AsyncDisposable {
  /** Resolves once everything is closed. */
  readonly closed: Promise<HostEnd>;
  readonly #options: HostOptions;
  readonly #endpoint: RiftEndpoint;
  readonly #share: ScreenShare;
  readonly #injector: InputInjector;
  readonly #held: HeldState;
  readonly #secrets: PairingSecrets;
  readonly #guests: GuestBook;
  readonly #web: WebDoor;
  readonly #paths: HostPaths;
  readonly #clients = new Map<RiftConnection, HostClient>();
  readonly #watch: Disposable;
  readonly #end = Promise.withResolvers<HostEnd>();
  #inputFailed = false;
  #ending = false;

  /** Opens display, input and port. Rejects with MediaError, InputError or EndpointError, each saying what to do. */
  static async start(options: HostOptions): Promise<Host> {
    await using stack = new AsyncDisposableStack();
    let host: Host | undefined;
    const share = stack.use(
      await ScreenShare.start({
        display: options.display,
        bitrateBps: options.bitrateBps ?? DEFAULT_BITRATE_BPS,
        maxFps: options.maxFps ?? DEFAULT_MAX_FPS,
        onResized: (size) => options.onEvent?.({ type: "resized", ...size }),
        onEnded: (error) =>
          void host?.finish(
            {
              reason: error.code === "display-lost" ? "display-closed" : "capture-failed",
              message: error.message,
            },
            CloseReason.internalError,
          ),
      }),
    );
    const injector = stack.use(
      await openInjector({ display: options.display, gamepads: options.gamepads }),
    );
    const secrets = new PairingSecrets();
    const { devices } = options;
    const endpoint = stack.use(
      await RiftEndpoint.bind({
        identity: options.identity,
        suite: options.suite,
        port: options.port ?? DEFAULT_HOST_PORT,
        prefer: options.prefer,
        ...(options.address !== undefined && { address: options.address }),
        newController: (initialRttMicros) =>
          new DeltaController({ ...pathBounds(options), initialRttMicros }),
        admission: {
          pairedStatics: () => [...devices.list("client"), ...(host?.guestStatics() ?? [])],
          pairingSecrets: (now) => secrets.live(now),
          onPaired: (peer, secret) => host?.paired(peer, secret),
        },
      }),
    );
    host = new Host(options, { endpoint, share, injector, secrets });
    stack.move();
    return host;
  }

  private constructor(
    options: HostOptions,
    parts: {
      endpoint: RiftEndpoint;
      share: ScreenShare;
      injector: InputInjector;
      secrets: PairingSecrets;
    },
  ) {
    this.#options = options;
    this.#endpoint = parts.endpoint;
    this.#share = parts.share;
    this.#injector = parts.injector;
    this.#secrets = parts.secrets;
    this.#held = new HeldState(
      injectorSink(parts.injector, () => [{ x: 0, y: 0, ...parts.share.size }]),
    );
    this.#guests = new GuestBook({
      now: monotonicMicros,
      emit: (event) => this.#emit(event),
      admissionChanged: () => {
        if (this.#ending) return;
        this.#endpoint.refreshAdmission();
        this.#web.sweep();
        this.#paths.sweep((session) => this.#guests.guestOf(session) === undefined);
      },
    });
    const { identity, suite, now } = options;
    this.#paths = new HostPaths({
      ...{ endpoint: parts.endpoint, suite, identity, options: options.paths },
      say: (sessionId, signal) => this.#emit({ type: "path-signal", sessionId, signal }),
      onUsed: (sessionId, wavryId, path) => this.#emit({ type: "path", sessionId, wavryId, path }),
    });
    this.#web = new WebDoor({
      ...{ identity, suite, now, rate: pathBounds(options) },
      addCarrier: (carrier) => this.#endpoint.addCarrier(carrier),
      guestOf: (session) => this.#guests.guestOf(session),
      say: (signal) => this.#emit({ type: "web", ...signal }),
      guestComing: () => this.#share.warmUp(),
      trackChanged: (wavryId) => this.#setVideoTrack(wavryId),
      failed: (message) => this.#emit({ type: "web-failed", message }),
    });
    this.closed = this.#end.promise;
    this.#watch = options.devices.watch(() => this.#refreshDevices());
    parts.endpoint.onConnection = (connection) => this.#admit(connection);
  }

  /** Where the host listens. */
  get address(): HostAddress {
    return this.#endpoint.address;
  }

  /** The addresses under which clients may find this machine, the likeliest first. */
  get addresses(): readonly HostAddress[] {
    return reachableAddresses(this.#endpoint.address);
  }

  /** What carries the datagrams. */
  get socketKind(): RiftEndpoint["socketKind"] {
    return this.#endpoint.socketKind;
  }

  /** How many clients are connected. */
  get clientCount(): number {
    return this.#clients.size;
  }

  /** Drops by cause, for `--json` and tests. */
  get counters(): RiftEndpoint["counters"] {
    return this.#endpoint.counters;
  }

  /** What browsers said that was refused, by cause. */
  get webCounters(): Readonly<WebCounters> {
    return this.#web.counters;
  }

  /** Makes a one-time link that pairs one device. */
  createPairingLink(): { link: string; expiresInMicros: number } {
    const secret = createPairingSecret(this.#options.suite);
    const now = monotonicMicros();
    const { wavryId } = this.#options.identity;
    const link = encodePairingLink({ wavryId, secret, addresses: this.addresses });
    const expiresAt = this.#secrets.add(secret, now);
    this.#endpoint.refreshAdmission();
    return { link, expiresInMicros: expiresAt - now };
  }

  /**
   * Lets a guest in by a grant, whose signature, host, client and times the caller has checked. A paired device keeps all
   * its rights whatever a grant says.
   */
  expectGuest(guest: Guest): void {
    if (!this.#ending) this.#guests.expect(guest);
  }

  /** What the person here said to "consent-asked"; false if nobody waits for it any more. */
  answerConsent(sessionId: string, agreed: boolean): boolean {
    return this.#guests.answer(sessionId, agreed);
  }

  /** A guest's grant was changed: holds at once. False if the session is not here. */
  setGuestRights(sessionId: string, rights: readonly Right[]): boolean {
    return this.#guests.setRights(sessionId, new Set(rights));
  }

  /** A guest's grant was taken back: the session ends at once. False if it is not here. */
  endGuest(sessionId: string, why: string): boolean {
    return this.#guests.end(sessionId, why);
  }

  /** Searches paths to a guest that is expected, who is told of what is found by "path-signal" events. */
  startPaths(paths: GuestPaths): void {
    if (!this.#ending && this.#guests.guestOf(paths.terms.sessionId) !== undefined)
      this.#paths.start(paths);
  }

  /** What the gateway says about the paths of a session. */
  tellPaths(sessionId: string, news: PathNews): void {
    this.#paths.take(sessionId, news);
  }

  /** No paths are searched for a session any more: its guest is a browser. */
  endPaths(sessionId: string): void {
    this.#paths.end(sessionId);
  }

  /** How the path of a session was found, for people; undefined where none is searched. */
  pathReport(sessionId: string): PathReport | undefined {
    return this.#paths.reportOf(sessionId);
  }

  /**
   * Lets browsers in that come with a grant, from pages of these origins; may be called again for others. What does not work is told by
   * "web-failed" and not offered. Undefined: the options forbid it.
   */
  async openWeb(options: OpenWebOptions): Promise<WebPlace | undefined> {
    const { web = {}, address } = this.#options;
    if (web === false || this.#ending) return undefined;
    return await this.#web.open({ address, ...web, ...options });
  }

  /** What the browser of a granted session says by the gateway; answers come as "web" events. Anything else is dropped and counted. */
  handleWeb(request: WebRequest): void {
    if (!this.#ending) this.#web.take(request);
  }

  /** For the parts of the host only: whom grants let in now. */
  guestStatics(): { wavryId: string; staticKey: Uint8Array }[] {
    return this.#guests.statics();
  }

  /** Says goodbye to all clients, releases all keys and closes everything. */
  stop(): Promise<HostEnd> {
    void this.finish({ reason: "stopped", message: "stopped" }, CloseReason.shutdown);
    return this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** For the parts of the host only: remembers a device that proved a pairing secret. */
  paired(peer: PeerIdentity, secret: Uint8Array): void {
    this.#secrets.use(secret);
    const { wavryId, staticKey } = peer;
    this.#keeping(() => {
      const device = { wavryId, staticKey, name: "", role: "client" } as const;
      const { name } = this.#options.devices.add(device, { pairedAnew: true });
      this.#emit({ type: "paired", wavryId, name });
    });
    this.#endpoint.refreshAdmission();
  }

  /** For the parts of the host only: ends it. */
  async finish(end: HostEnd, reason: CloseReason): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    if (end.reason !== "stopped") this.#emit({ type: "capture-failed", message: end.message });
    for (const [connection, client] of this.#clients) {
      client[Symbol.dispose]();
      connection.close(reason, end.reason === "stopped" ? "" : end.message);
    }
    this.#watch[Symbol.dispose]();
    this.#guests[Symbol.dispose]();
    // It says goodbye over the browsers' carriers, too.
    await this.#endpoint[Symbol.asyncDispose]();
    await this.#web.close();
    await this.#paths[Symbol.asyncDispose]();
    await this.#share[Symbol.asyncDispose]();
    await this.#injector[Symbol.asyncDispose]();
    this.#end.resolve(end);
  }

  #emit(event: HostEvent): void {
    this.#options.onEvent?.(event);
  }

  /** The list of devices changed, maybe by another program: those that were forgotten are cut off. */
  #refreshDevices(): void {
    if (this.#ending) return;
    this.#keeping(() => {
      this.#endpoint.refreshAdmission();
      const known = new Set(this.#options.devices.list("client").map(({ wavryId }) => wavryId));
      for (const [connection, { sessionId }] of this.#clients)
        if (sessionId === undefined && !known.has(connection.peer.wavryId))
          connection.close(CloseReason.forgotten);
    });
  }

  /** The list of devices may be on a full disk: that is told, and the session goes on. */
  #keeping(change: () => void): void {
    try {
      change();
    } catch (error) {
      this.#emit({ type: "devices-failed", message: (error as Error).message });
    }
  }

  /** Plays what was gathered; a display that is gone is told once. */
  #flushInput(): void {
    try {
      this.#injector.flush();
    } catch (error) {
      if (this.#inputFailed) return;
      this.#inputFailed = true;
      this.#emit({ type: "input-failed", message: String((error as Error).message) });
    }
  }

  #admit(connection: RiftConnection): void {
    const { wavryId } = connection.peer;
    const paired = this.#options.devices
      .list("client")
      .some((device) => device.wavryId === wavryId);
    const guest = paired ? undefined : this.#guests.arrive(wavryId);
    if (!paired && guest === undefined) {
      connection.close(CloseReason.refused, "this machine does not expect you");
      return;
    }
    const client = new HostClient(connection, this.#services, this.#held.attach(), {
      sessionId: guest?.sessionId,
      rights: guest?.rights ?? new Set(ALL_RIGHTS),
      ask: guest?.agreed === false,
    });
    this.#clients.set(connection, client);
    client.setVideoTrack(this.#web.trackOf(wavryId));
    this.#paths.attach(connection);
    if (guest !== undefined) this.#guests.attach(guest, client);
    void connection.closed.then(({ reason, message }) => {
      client[Symbol.dispose]();
      this.#clients.delete(connection);
      if (guest !== undefined) this.#guests.detach(guest.sessionId, client);
      this.#emit({
        type: "disconnected",
        wavryId,
        ...(guest !== undefined && { sessionId: guest.sessionId }),
        name: client.name,
        final: reason !== CloseReason.timeout && reason !== CloseReason.replaced,
        reason: visibleText(message, MAX_REASON_LENGTH) || closeReasonName(reason),
      });
    });
  }

  #setVideoTrack(wavryId: string): void {
    for (const [connection, client] of this.#clients)
      if (connection.peer.wavryId === wavryId) client.setVideoTrack(this.#web.trackOf(wavryId));
  }

  get #services(): ConstructorParameters<typeof HostClient>[1] {
    const share = this.#share;
    const { devices, name } = this.#options;
    return {
      name,
      get screenSize() {
        return share.size;
      },
      startViewing: (viewer) => share.add(viewer),
      stopViewing: (viewer) => share.remove(viewer),
      wishesChanged: () => share.applyWishes(),
      pathChanged: () => share.followPaths(),
      requestKeyframe: () => share.requestKeyframe(),
      inject: () => this.#flushInput(),
      typeText: this.#injector.takesText ? (text) => this.#injector.typeText(text) : undefined,
      takesGamepads: this.#injector.takesGamepads,
      introduced: (client) => {
        const { peer, remote } = client.connection;
        const { wavryId, staticKey } = peer;
        const { sessionId } = client;
        if (sessionId === undefined)
          this.#keeping(() =>
            devices.add({ wavryId, staticKey, name: client.name, role: "client" }),
          );
        this.#emit({
          type: "connected",
          wavryId,
          ...(sessionId !== undefined && { sessionId }),
          name: client.name,
          remote: `${remote.address}:${remote.port}`,
        });
      },
    };
  }
}

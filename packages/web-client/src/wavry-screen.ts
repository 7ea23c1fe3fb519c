import { Right } from "@wavry/signaling";
import { BrowserInput, collectInput, type VirtualInput } from "./input/index.ts";
import { QUALITIES, wishesOf } from "./quality.ts";
import { ScreenError } from "./screen-error.ts";
import { NO_STATS, statsOf } from "./screen-stats.ts";
import { screenStyle } from "./screen-style.ts";
import type {
  ScreenConnection,
  ScreenEventMap,
  ScreenMonitor,
  ScreenQuality,
  ScreenState,
  ScreenStats,
  ScreenTransport,
} from "./screen-types.ts";
import { ScreenView } from "./screen-view.ts";
import type { StreamWishes, WorkerFigures } from "./session/messages.ts";
import type { Route } from "./session/route.ts";
import { type HostFacts, ScreenSession } from "./session/screen-session.ts";
import { prepareSession } from "./session/threads.ts";
import { type PictureOptions, takePicture } from "./take-picture.ts";

/**
 * `<wavry-screen>`: shows a host's screen and steers it. It has the size that the page gives it; the picture lies in its
 * middle. Attributes `quality` and `view-only` are the properties' first values. Events: `ScreenEventMap`.
 * It needs of a content security policy: `script-src 'wasm-unsafe-eval'` (repair of losses), `worker-src 'self'`, `img-src data:`
 * (pointers), `connect-src` with the gateway and `https:` (WebTransport).
 */
export class WavryScreen extends HTMLElement {
  static readonly observedAttributes: readonly string[] = ["quality", "view-only"];
  readonly #view = new ScreenView(this);
  #session: ScreenSession | undefined;
  #input: BrowserInput | undefined;
  #state: ScreenState = "idle";
  #transport: ScreenTransport | undefined;
  #rights: readonly Right[] = [];
  #monitors: readonly ScreenMonitor[] = [];
  #hostName = "";
  #stats = NO_STATS;
  #quality: ScreenQuality = "balanced";
  #viewOnly = false;
  #monitor = 0;

  /** Loads ahead what the next connection takes, where a page expects one: its first picture comes sooner. */
  static prepare(): void {
    prepareSession();
  }

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [screenStyle];
    root.append(this.#view.stage);
  }

  /**
   * Connects, and resolves once the host has let us in; a person there may be asked first. Rejects with ScreenError or
   * GatewayError, both with a stable `code`. A session that there was ends.
   */
  async connect(options: ScreenConnection): Promise<void> {
    if (!this.isConnected)
      throw new ScreenError("failed", "put the element into the page before it connects");
    this.disconnect();
    this.#hostName = "";
    this.#stats = NO_STATS;
    this.#setRights([]);
    this.#setState("connecting");
    const { stage, motion } = this.#view.newStage();
    const session: ScreenSession = new ScreenSession({
      connection: options,
      stage,
      wishes: this.#wishes(),
      events: {
        onState: (state) => this.#ifOf(session, () => this.#setState(state)),
        onRoute: (route) => this.#ifOf(session, () => this.#useRoute(route)),
        onWelcome: (host) => this.#ifOf(session, () => this.#welcome(host)),
        onRights: (rights) => this.#ifOf(session, () => this.#setRights(rights)),
        onNotice: (notice) => this.#ifOf(session, () => this.#emit("notice", notice)),
        onScreenSize: (size) =>
          this.#ifOf(session, () => {
            this.#view.screen = size;
          }),
        onMotion: (run, onShown) => motion?.begin(run, onShown),
        onRest: (run) => motion?.rest(run),
        onCursorShape: (shape) => this.#ifOf(session, () => this.#view.onCursorShape(shape)),
        onCursorPosition: (position) =>
          this.#ifOf(session, () => this.#view.onCursorPosition(position)),
        onFigures: (figures) => this.#ifOf(session, () => void this.#report(session, figures)),
        onEnded: (end) => this.#ifOf(session, () => this.#finish(end)),
      },
    });
    this.#session = session;
    await session.connect();
  }

  /** Releases everything and ends the session. Nothing happens where there is none. */
  disconnect(): void {
    this.#session?.stop();
  }

  get state(): ScreenState {
    return this.#state;
  }

  /** What carries the session; undefined while nothing does. */
  get transport(): ScreenTransport | undefined {
    return this.#transport;
  }

  /** The figures of the last full second. */
  get stats(): ScreenStats {
    return this.#stats;
  }

  /** What the host lets us do. */
  get rights(): readonly Right[] {
    return this.#rights;
  }

  /** What the host calls itself; "" before it has. Text of the host's. */
  get hostName(): string {
    return this.#hostName;
  }

  /** The host's screens. */
  get monitors(): readonly ScreenMonitor[] {
    return this.#monitors;
  }

  /** Which of them is shown, by `ScreenMonitor.id`. */
  get monitor(): number {
    return this.#monitor;
  }

  set monitor(monitor: number) {
    this.#monitor = monitor;
    this.#session?.setWishes(this.#wishes());
  }

  /** The gateway's session, for `runningSessions` of the socket; undefined without one. */
  get sessionId(): string | undefined {
    return this.#session?.id;
  }

  get quality(): ScreenQuality {
    return this.#quality;
  }

  /** Throws RangeError for none of `QUALITIES`. */
  set quality(quality: ScreenQuality) {
    if (!QUALITIES.includes(quality)) throw new RangeError(`no quality is called ${quality}`);
    this.#quality = quality;
    this.#session?.setWishes(this.#wishes());
  }

  /** Whether nothing that is done here goes to the host. */
  get viewOnly(): boolean {
    return this.#viewOnly;
  }

  set viewOnly(viewOnly: boolean) {
    this.#viewOnly = viewOnly;
    this.#followRights();
  }

  /** Whether the host's sound is not to be heard. It comes with WebRTC alone, from hosts that send some; default false. */
  get muted(): boolean {
    return this.#view.sound.muted;
  }

  set muted(muted: boolean) {
    this.#view.sound.muted = muted;
  }

  /** How loud it is, 0..1; default 1. */
  get volume(): number {
    return this.#view.sound.volume;
  }

  /** Throws RangeError for anything else. */
  set volume(volume: number) {
    if (!(volume >= 0 && volume <= 1)) throw new RangeError("a volume is from 0 to 1");
    this.#view.sound.volume = volume;
  }

  /** Whether the pointer is locked and its motion is sent, as games want it. */
  get relativeMouse(): boolean {
    return this.#input?.isRelative === true;
  }

  /** For on-screen keyboards and gamepads; undefined while the element is in no page. */
  get virtualInput(): VirtualInput | undefined {
    return this.#input?.virtual;
  }

  /** Everything about input; undefined while the element is in no page. */
  get input(): BrowserInput | undefined {
    return this.#input;
  }

  /** Presses keys one after another and releases them, such as `["Control", "Alt", "Delete"]`. Throws RangeError. */
  sendShortcut(keys: readonly string[]): void {
    this.#input?.sendShortcut(keys);
  }

  /** Gives the keyboard to the host. */
  requestInput(): void {
    this.#input?.focus();
  }

  /** Locks the pointer, which takes a click or a key just before; whether it came. */
  async requestRelativeMouse(): Promise<boolean> {
    return (await this.#input?.requestRelative()) === true;
  }

  /** Fills the display, with the keys that browsers and systems keep else where they let go of them. */
  async enterFullscreen(): Promise<void> {
    await this.requestFullscreen({ navigationUI: "hide" });
    this.requestInput();
  }

  /** What is shown now, for a preview or a test; the caller's. Undefined before the first picture. */
  async snapshot(): Promise<ImageBitmap | undefined> {
    return (await this.#view.trackPicture()) ?? (await this.#session?.snapshot());
  }

  /** A small picture of what is shown at this moment; undefined before the first. The session may end right after. */
  takePicture(options: PictureOptions = {}): Promise<Blob | undefined> {
    return takePicture(this.#view.stage, options);
  }

  connectedCallback(): void {
    const view = this.#view;
    view.attach();
    this.#input = new BrowserInput({
      target: view.stage,
      viewOnly: true,
      picture: () =>
        view.screen && {
          box: view.stage.getBoundingClientRect(),
          screen: view.screen,
          display: this.#monitor,
        },
      onRelative: (relative) => {
        view.relative = relative;
      },
      onChord: (chord) => {
        if (chord === "fullscreen") void this.#toggleFullscreen();
        this.#emit("chord", { chord });
      },
    });
    document.addEventListener("visibilitychange", this.#onVisibility);
  }

  disconnectedCallback(): void {
    this.disconnect();
    document.removeEventListener("visibilitychange", this.#onVisibility);
    this.#input?.[Symbol.dispose]();
    this.#input = undefined;
    this.#view.detach();
  }

  attributeChangedCallback(name: string, _: string | null, value: string | null): void {
    if (name === "view-only") this.viewOnly = value !== null;
    else if (value !== null && QUALITIES.includes(value as ScreenQuality))
      this.quality = value as ScreenQuality;
  }

  readonly #onVisibility = (): void => this.#session?.setWishes(this.#wishes());

  /** What comes late from a session that was replaced is nothing to this element. */
  #ifOf(session: ScreenSession, action: () => void): void {
    if (session === this.#session) action();
  }

  #wishes(): Omit<StreamWishes, "videoTrack"> {
    return {
      ...wishesOf(this.#quality),
      monitor: this.#monitor,
      paused: document.visibilityState === "hidden",
    };
  }

  #welcome({ name, monitors, takesText, takesGamepads }: HostFacts): void {
    this.#hostName = name;
    this.#monitors = monitors;
    const session = this.#session;
    if (this.#input !== undefined && session !== undefined)
      this.#input.sink = collectInput((events) => session.sendInput(events), {
        text: takesText,
        gamepad: takesGamepads,
      });
    this.#emit("monitorschange", { monitors });
    if (this.#view.hasTrack) this.#takeMonitorSize();
    this.#followRights();
  }

  #useRoute(route: Route | undefined): void {
    if (this.#view.useTrackOf(route)) this.#takeMonitorSize();
    if (route?.transport === this.#transport) return;
    this.#transport = route?.transport;
    this.#emit("transportchange", { transport: this.#transport });
  }

  /** Pictures of a track may be scaled: the host's own words tell how large the screen is. */
  #takeMonitorSize(): void {
    const monitor = this.#monitors.find(({ id }) => id === this.#monitor) ?? this.#monitors[0];
    if (monitor !== undefined) this.#view.screen = monitor;
  }

  #setState(state: ScreenState): void {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    this.#followRights();
    this.#emit("statechange", { state, previous });
  }

  #setRights(rights: readonly Right[]): void {
    const same =
      rights.length === this.#rights.length &&
      rights.every((right) => this.#rights.includes(right));
    this.#rights = rights;
    this.#followRights();
    if (!same) this.#emit("rightschange", { rights });
  }

  #followRights(): void {
    const steers = !this.#viewOnly && this.#rights.includes(Right.control);
    const isOpen = this.#state === "connected";
    if (this.#input !== undefined) {
      this.#input.viewOnly = !steers || !isOpen;
      // Somebody may be let in just to play.
      this.#input.sendsGamepads = !this.#viewOnly && this.#rights.includes(Right.gamepad) && isOpen;
    }
    this.#view.steers = steers && isOpen;
  }

  async #report(session: ScreenSession, figures: WorkerFigures): Promise<void> {
    const track = await this.#view.trackFigures();
    if (session !== this.#session || this.#state === "ended") return;
    this.#stats = statsOf({
      ...{ before: this.#stats, worker: figures, track },
      ...{ screen: this.#view.screen, transport: this.#transport },
    });
    this.#emit("statschange", this.#stats);
  }

  #finish(end: ScreenEventMap["ended"]["detail"]): void {
    if (this.#input !== undefined) this.#input.sink = undefined;
    this.#view.clearCursor();
    this.#session = undefined;
    this.#emit("ended", end);
  }

  async #toggleFullscreen(): Promise<void> {
    if (document.fullscreenElement === null) await this.enterFullscreen().catch(() => {});
    else await document.exitFullscreen();
  }

  #emit<K extends keyof ScreenEventMap>(name: K, detail: ScreenEventMap[K]["detail"]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "wavry-screen": WavryScreen;
  }
}

if (customElements.get("wavry-screen") === undefined)
  customElements.define("wavry-screen", WavryScreen);

import type { Right } from "@wavry/signaling";
import type {
  ScreenEventMap,
  ScreenMonitor,
  ScreenQuality,
  ScreenStats,
  ScreenTransport,
  WavryScreen,
} from "@wavry/web-client";
import { recall, remember } from "@wavry/web-ui";
import { tick } from "svelte";
import { PreviewTaker } from "../previews/preview-taker.ts";
import { session } from "../session.svelte.ts";
import { missingAbility } from "./abilities.ts";
import { browserName } from "./browser-name.ts";
import { withLatest } from "./figures.ts";
import { fullscreen } from "./fullscreen.svelte.ts";
import { iceServers } from "./ice-servers.ts";
import { codeOf, ScreenFailure } from "./join-gateway.ts";
import { isVague, type Outcome, outcomeOf } from "./outcome.ts";
import { ReadyScreen, takeReady } from "./ready-screen.ts";

/** Which screen, and as whom. */
export type ScreenTarget =
  /** One's own, or one that is shared with one's account. */
  | { readonly kind: "host"; readonly hostId: string }
  /** Of a share link, as a guest. */
  | { readonly kind: "share"; readonly token: string; readonly name: string };

/** How far it is. */
export type ScreenPhase =
  | "preparing"
  | "signaling"
  | "connecting"
  | "waiting-for-consent"
  | "connected"
  | "reconnecting"
  | "over";

/** As `<wavry-screen>` gives it. */
type VirtualInput = NonNullable<WavryScreen["virtualInput"]>;

/** How long the gateway may take to say why a session that a host ended is over. */
const REASON_MS = 1_500;
const QUALITY_KEY = "wavry-quality";

/** One visit to a screen: from the first look at the browser to why it is over. Ends when disposed. */
export class ScreenSession implements Disposable {
  readonly target: ScreenTarget;
  phase: ScreenPhase = $state("preparing");
  /** Why it is over. */
  outcome: Outcome | undefined = $state.raw();
  history: readonly ScreenStats[] = $state.raw([]);
  rights: readonly Right[] = $state.raw([]);
  transport: ScreenTransport | undefined = $state();
  monitors: readonly ScreenMonitor[] = $state.raw([]);
  /** `id` of the one that is shown. */
  monitor: number = $state(0);
  quality: ScreenQuality = $state(rememberedQuality());
  /** The person holds back from the host what they do. */
  viewOnly: boolean = $state(false);
  /** Something the person should know, for a while: its code and the host's own words. */
  notice: { readonly code: string; readonly text: string } | undefined = $state.raw();
  /** The machine stopped sharing, and the screen comes back if it shares again soon. */
  isHostDown: boolean = $state(false);
  /** What the host calls itself; "" until it has. */
  hostName: string = $state("");
  /** The person pressed Ctrl+Alt+Shift and a letter on the screen. */
  onchord: (chord: ScreenEvents["chord"]["chord"]) => void = () => {};
  #place: HTMLElement | undefined;
  #stage: HTMLElement | undefined;
  /** The machine that has another key than before. */
  #changedHost: string | undefined;
  /** The gateway's word on why the session is over. */
  #gatewayReason: string | undefined;
  #wasIn = false;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #element: WavryScreen | undefined;
  #previews: PreviewTaker | undefined;
  #run = new AbortController();

  constructor(target: ScreenTarget) {
    this.target = target;
  }

  /** The newest figures. */
  get stats(): ScreenStats | undefined {
    return this.history.at(-1);
  }

  /** Whether the person may use keyboard and mouse. */
  get mayControl(): boolean {
    return this.rights.includes("control");
  }

  /**
   * Connects, with the screen in `place` on a stage that may fill the display; anew where it was over. Never rejects:
   * `outcome` tells what happened.
   */
  async start(place: HTMLElement): Promise<void> {
    this.#stop();
    this.#stage = place.parentElement ?? place;
    this.#wasIn = false;
    this.#gatewayReason = undefined;
    this.#run = new AbortController();
    const { signal } = this.#run;
    this.#place = place;
    this.outcome = undefined;
    this.history = [];
    this.notice = undefined;
    this.phase = "preparing";
    try {
      await this.#connect(place, signal);
    } catch (error) {
      if (!signal.aborted) this.#end(codeOf(error));
    }
  }

  /** Ends it because the person wants so. */
  disconnect(): void {
    this.#finish("disconnected");
  }

  /** Takes the key that the machine has now, and connects. For a person who knows why it changed. */
  async trustNewKey(): Promise<void> {
    const { target } = this;
    const hostId = target.kind === "host" ? target.hostId : this.#changedHost;
    if (hostId === undefined || this.#place === undefined) return;
    const { PinnedHosts } = await import("./screen-kit.ts");
    await new PinnedHosts().forget(hostId);
    await this.start(this.#place);
  }

  chooseQuality(quality: ScreenQuality): void {
    this.quality = quality;
    remember(QUALITY_KEY, quality);
    if (this.#element !== undefined) this.#element.quality = quality;
  }

  chooseViewOnly(on: boolean): void {
    this.viewOnly = on;
    if (this.#element !== undefined) this.#element.viewOnly = on;
  }

  chooseMonitor(id: number): void {
    if (this.#element === undefined) return;
    this.#element.monitor = id;
    this.monitor = id;
  }

  press(keys: readonly string[]): void {
    this.#element?.sendShortcut([...keys]);
    this.focusScreen();
  }

  /** Keyboard and mouse go to the screen. */
  focusScreen(): void {
    this.#element?.requestInput();
  }

  /** On touch screens: has the system's own keyboard come up. False where the host takes no text, but keys. */
  showSoftKeyboard(): boolean {
    return this.#element?.input?.showSoftKeyboard() === true;
  }

  /** For an on-screen keyboard of the page's own. */
  get virtualInput(): VirtualInput | undefined {
    return this.#element?.virtualInput;
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  async #connect(place: HTMLElement, signal: AbortSignal): Promise<void> {
    const missing = missingAbility();
    if (missing !== undefined) throw new ScreenFailure(missing);
    const { target } = this;
    const ready =
      (target.kind === "host" ? await takeReady() : undefined) ??
      (await ReadyScreen.open(target, new AbortController()));
    if (signal.aborted) return ready.abort.abort();
    signal.addEventListener("abort", () => ready.abort.abort(), { once: true });
    ready.sessionId = () => this.#element?.sessionId;
    this.phase = "signaling";
    let { identity } = ready;
    const socket = await ready.join().catch(async (error: unknown) => {
      if (codeOf(error) !== "enrolled-elsewhere") throw error;
      // Somebody else was signed in at this browser before: for this account it is another device.
      const { forgetIdentity, openIdentity } = await import("./screen-kit.ts");
      await forgetIdentity();
      identity = await openIdentity();
      return await ready.joinAs(identity);
    });
    void socket.closed.then(({ cause, reason }) => {
      // Whom the gateway takes no more is told why, and so is the host.
      if (cause === "refused" && !signal.aborted) this.#finish(reason);
    });
    socket.on("sessionEnded", ({ reason }) => {
      if (!signal.aborted) this.#gatewayReason = reason;
    });
    socket.on("disconnected", () => {
      if (!signal.aborted) this.#tell("gateway-lost");
    });
    socket.on("connected", () => {
      if (this.notice?.code === "gateway-lost") this.#tell("gateway-back");
    });
    if (signal.aborted) return;
    this.phase = "connecting";
    const element = document.createElement("wavry-screen") as WavryScreen;
    this.#element = element;
    this.#hear(element);
    element.quality = this.quality;
    element.viewOnly = this.viewOnly;
    // In full screen the toolbar is to be there too.
    element.enterFullscreen = () => fullscreen.enter(this.#stage);
    place.replaceChildren(element);
    const accountId = session.account?.id;
    if (target.kind === "host" && accountId !== undefined)
      this.#previews = new PreviewTaker({ screen: element, hostId: target.hostId, accountId });
    await element.connect({
      ...{ socket, identity, signal },
      ...(target.kind === "host" ? { host: target.hostId } : { share: target.token }),
      iceServers: () => iceServers(target.kind === "share" ? target.token : undefined),
      deviceName: target.kind === "host" ? browserName() : target.name,
    });
  }

  #hear(element: WavryScreen): void {
    const listen = <K extends keyof ScreenEvents>(
      name: K,
      take: (detail: ScreenEvents[K]) => void,
    ) =>
      element.addEventListener(name, (event) => {
        // One that is being taken out with its page tells of its end while Svelte lets no state change.
        if (element === this.#element && element.isConnected) take((event as CustomEvent).detail);
      });
    listen("statechange", ({ state }) => {
      if (state === "idle" || state === "ended") return;
      const first = state === "connected" && !this.#wasIn;
      if (state === "connected") {
        this.#wasIn = true;
        this.isHostDown = false;
      }
      this.phase = state;
      this.rights = element.rights;
      this.transport = element.transport;
      this.#readHost(element);
      // What cannot be seen yet takes no focus.
      if (first) void tick().then(() => element.requestInput());
    });
    listen("statschange", (stats) => {
      this.history = withLatest(this.history, stats);
    });
    listen("rightschange", ({ rights }) => {
      this.rights = rights;
    });
    listen("transportchange", ({ transport }) => {
      if (this.transport !== undefined && transport !== undefined) this.#tell("transport-changed");
      this.transport = transport;
    });
    listen("monitorschange", () => this.#readHost(element));
    listen("notice", (notice) => {
      // The page has words of its own for these.
      if (notice.code === "host-down") this.isHostDown = true;
      else if (notice.code !== "consent-pending") this.notice = notice;
    });
    listen("chord", ({ chord }) => this.onchord(chord));
    listen("ended", ({ code, host }) => {
      this.#changedHost = host;
      this.#end(code);
    });
  }

  #readHost(element: WavryScreen): void {
    this.hostName = element.hostName;
    this.monitors = element.monitors;
    this.monitor = element.monitor;
  }

  #tell(code: "gateway-lost" | "gateway-back" | "transport-changed"): void {
    if (this.phase === "connected" || this.phase === "reconnecting")
      this.notice = { code, text: "" };
  }

  /** The host may end it a moment before the gateway tells why. */
  #end(code: string): void {
    if (this.phase === "over") return;
    if (!isVague(code) || !this.#wasIn || this.#gatewayReason !== undefined)
      return this.#finish(isVague(code) ? (this.#gatewayReason ?? code) : code);
    const { signal } = this.#run;
    this.#waiting ??= setTimeout(() => {
      this.#waiting = undefined;
      if (!signal.aborted) this.#finish(this.#gatewayReason ?? code);
    }, REASON_MS);
  }

  #finish(code: string): void {
    if (this.phase === "over") return;
    this.outcome = outcomeOf(code, { wasIn: this.#wasIn, guest: this.target.kind === "share" });
    this.phase = "over";
    this.#stop();
  }

  #stop(): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#previews?.[Symbol.dispose]();
    this.#previews = undefined;
    const element = this.#element;
    // What it tells from now on is of no interest.
    this.#element = undefined;
    element?.disconnect();
    this.#run.abort();
    element?.remove();
  }
}

/** What `<wavry-screen>` tells, by its events' details. */
type ScreenEvents = { [K in keyof ScreenEventMap]: ScreenEventMap[K]["detail"] };

function rememberedQuality(): ScreenQuality {
  const kept = recall(QUALITY_KEY);
  return kept === "sharp" || kept === "fast" ? kept : "balanced";
}

import { MAX_DEVICE_NAME_LENGTH, visibleText } from "@wavry/keyring";
import type { PointerShape } from "@wavry/media/share";
import {
  type CursorPosition,
  type HeldClient,
  InputReceiver,
  type InputSink,
  MAX_DATAGRAM_BYTES,
  MAX_FRAGMENT_BYTES,
  type Micros,
  readScreenUpdate,
  type Size,
  UpdateCodec,
  WireError,
} from "@wavry/rift-core";
import type { Control, Rights } from "@wavry/rift-core/control";
import { monotonicMicros, type RiftConnection } from "@wavry/rift-udp";
import { Right } from "@wavry/signaling";
import type { Viewer } from "./screen-share.ts";
import type { VideoTrack } from "./web/video-track.ts";

/** Of what is sent, this much is the video's own bytes: the rest is headers. */
const VIDEO_SHARE = MAX_FRAGMENT_BYTES / MAX_DATAGRAM_BYTES;

/** The same of what is sent on a video track. */
const TRACK_VIDEO_SHARE = 0.95;
/** A receiver may ask for keyframes as often as it likes. */
const KEYFRAMES_APART_MICROS: Micros = 100_000;

/** The longest text that one control message types, in UTF-16 units; the rest is dropped (spec/input.md §6). */
const MAX_TEXT_INPUT = 4096;

/** What a connected client needs of its host. */
export interface HostServices {
  /** What this machine is called. */
  readonly name: string;
  readonly screenSize: Size;
  /** Begins to send the screen. */
  startViewing(viewer: Viewer): void;
  stopViewing(viewer: Viewer): void;
  /** The viewer's wishes changed. */
  wishesChanged(): void;
  /** The viewer's path gives more or less room. */
  pathChanged(): void;
  requestKeyframe(): void;
  /** Plays the input that was gathered. */
  inject(): void;
  /** Types a text; undefined where this machine cannot. */
  readonly typeText: ((text: string) => void) | undefined;
  /** Whether this machine has game controllers for its clients. */
  readonly takesGamepads: boolean;
  /** The client has said its name. */
  introduced(client: HostClient): void;
}

/** What a client may do here. */
export interface ClientAccess {
  /** The session of the grant that let it in; undefined for a paired device. */
  readonly sessionId?: string | undefined;
  readonly rights: ReadonlySet<Right>;
  /** A person at the host must agree first: until `agree()` the client gets nothing but a notice. */
  readonly ask: boolean;
}

/** One client that is let in: its stream, its input, its wishes; each of them only as far as its rights go. */
export class HostClient implements Viewer, Disposable {
  readonly connection: RiftConnection;
  /** Undefined for a paired device. */
  readonly sessionId: string | undefined;
  readonly #services: HostServices;
  readonly #input: HeldClient;
  readonly #gate: InputSink;
  readonly #receiver = new InputReceiver();
  #name = "";
  #rights: ReadonlySet<Right>;
  #asking: boolean;
  #malformedInputs = 0;
  #deniedInputs = 0;
  readonly #refused = new Set<Right>();
  #toldDenied = false;
  #patches = false;
  #maxBitrateBps: number | undefined;
  #maxFps: number | undefined;
  #introduced = false;
  #welcomed = false;
  #paused = false;
  #wantsTrack = false;
  #track: VideoTrack | undefined;
  #keyframeAt: Micros = -Infinity;
  #viewing = false;
  #timer: NodeJS.Timeout | undefined;
  #timerAt: Micros | undefined;
  #open = true;

  /** `input` is disposed with this client, which releases what it holds. */
  constructor(
    connection: RiftConnection,
    services: HostServices,
    input: HeldClient,
    access: ClientAccess,
  ) {
    this.connection = connection;
    this.sessionId = access.sessionId;
    this.#rights = access.rights;
    this.#asking = access.ask;
    this.#services = services;
    this.#input = input;
    this.#gate = this.#makeGate(input);
    connection.onControl = (message) => this.#handleControl(message);
    connection.onInput = (datagram) => this.#inject(datagram);
    connection.onPaceChanged = () => {
      if (this.#viewing) services.pathChanged();
    };
    connection.onKeyframeRequested = () => services.requestKeyframe();
    // Silence may be a crash of the client: nothing stays pressed through it.
    connection.onSuspended = () => this.#releaseAll();
  }

  /** What the client calls itself, safe for a terminal; "" before it has. */
  get name(): string {
    return this.#name;
  }

  /** Input datagrams that were dropped because they are none. */
  get malformedInputs(): number {
    return this.#malformedInputs;
  }

  /** Input datagrams and texts of which something was dropped because this client may not do it. */
  get deniedInputs(): number {
    return this.#deniedInputs;
  }

  get rights(): ReadonlySet<Right> {
    return this.#rights;
  }

  /** The person at the host agreed. */
  agree(): void {
    if (!this.#asking || !this.#open) return;
    this.#asking = false;
    if (this.#introduced) this.#welcome();
  }

  /** From now on the client may do this: what it may no longer do ends at once, and it is told. */
  setRights(rights: ReadonlySet<Right>): void {
    if (!this.#open) return;
    const changes = (right: Right): boolean => rights.has(right) !== this.#rights.has(right);
    // Where a right is new, this only forgets what was kept out: the next datagram tells of all that is held.
    if (changes(Right.gamepad)) this.#receiver.unplugGamepads(this.#gate);
    if (changes(Right.control) || changes(Right.gamepad)) this.#releaseAll();
    this.#rights = rights;
    if (this.#welcomed)
      this.connection.sendControl({
        body: { case: "rightsChanged", value: { rights: this.#wireRights() } },
      });
    this.#follow();
  }

  /** The client has a video track (undefined: no more); it is used while the client wants it. Borrowed. */
  setVideoTrack(track: VideoTrack | undefined): void {
    if (track === this.#track || !this.#open) return;
    this.#switch(() => {
      this.#leaveTrack();
      this.#track = track;
      if (track === undefined) return;
      track.onKeyframeRequested = () => this.#requestKeyframe();
      track.onBitrateChanged = () => {
        if (this.#viewing) this.#services.pathChanged();
      };
    });
  }

  get patches(): boolean {
    return this.#patches && this.#usedTrack === undefined;
  }

  get maxBitrateBps(): number | undefined {
    const track = this.#usedTrack;
    if (track !== undefined) {
      const videoBps = track.bitrateBps * TRACK_VIDEO_SHARE;
      return Math.min(videoBps, this.#maxBitrateBps ?? videoBps);
    }
    const { congestion } = this.connection;
    if (congestion === undefined) return this.#maxBitrateBps;
    const videoBps = (congestion.targetBps * VIDEO_SHARE) / (1 + congestion.redundancy);
    return Math.min(videoBps, this.#maxBitrateBps ?? videoBps);
  }

  get maxFps(): number | undefined {
    const { congestion } = this.connection;
    if (congestion === undefined || this.#usedTrack !== undefined) return this.#maxFps;
    return Math.min(congestion.maxFps, this.#maxFps ?? congestion.maxFps);
  }

  get scale(): number {
    return this.#usedTrack === undefined ? (this.connection.congestion?.scale ?? 1) : 1;
  }

  nextFrameAt(now: Micros): Micros {
    return this.#usedTrack !== undefined ? now : this.connection.nextFrameAt(now);
  }

  onUpdate(update: Uint8Array): void {
    const track = this.#usedTrack;
    if (track === undefined) {
      this.connection.sendUpdate(update);
      return;
    }
    const { codec, payload, capturedAt } = readScreenUpdate(update);
    // One that was coded before this client began to watch by track; a keyframe follows.
    if (codec === UpdateCodec.h264) track.send(payload, capturedAt);
  }

  onCursorShape(id: number, shape: PointerShape): void {
    const { width, height, hotX, hotY, rgba } = shape;
    this.connection.sendControl({
      body: {
        case: "cursorShape",
        value: { id, width, height, hotspotX: hotX, hotspotY: hotY, rgba },
      },
    });
  }

  onCursorPosition(position: CursorPosition): void {
    this.connection.sendCursor(position);
  }

  onResized({ width, height }: Size): void {
    this.connection.sendControl({
      body: { case: "screenChanged", value: { monitor: 0, width, height } },
    });
  }

  /** Stops the stream and releases everything that this client holds. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#timer);
    this.#setViewing(false);
    this.#leaveTrack();
    this.#releaseAll();
    this.#input[Symbol.dispose]();
    // Its controllers are gone now.
    this.#services.inject();
  }

  #handleControl({ body }: Control): void {
    if (!this.#open) return;
    switch (body.case) {
      case "hello":
        if (this.#introduced) return;
        this.#introduced = true;
        this.#name = visibleText(body.value.deviceName, MAX_DEVICE_NAME_LENGTH);
        this.#patches = body.value.codecs.includes("patch");
        if (this.#asking)
          this.#notice("consent-pending", "the person at the other machine is being asked");
        else this.#welcome();
        return;
      case "streamSettings": {
        const { maxBitrateBps, maxFps, paused, videoTrack } = body.value;
        this.#maxBitrateBps = maxBitrateBps === 0 ? undefined : Math.max(100_000, maxBitrateBps);
        this.#maxFps = maxFps === 0 ? undefined : Math.min(240, maxFps);
        this.#paused = paused;
        this.#switch(() => {
          this.#wantsTrack = videoTrack;
        });
        this.#services.wishesChanged();
        this.#follow();
        return;
      }
      case "textInput":
        if (this.#mayControl()) {
          this.#services.typeText?.(body.value.text.slice(0, MAX_TEXT_INPUT));
          this.#services.inject();
        }
        return;
      default:
        return;
    }
  }

  #welcome(): void {
    const { name, screenSize, typeText, takesGamepads } = this.#services;
    const features = typeText === undefined ? [] : ["text-input"];
    if (takesGamepads) features.push("gamepad");
    this.connection.sendControl({
      body: {
        case: "hostHello",
        value: {
          protocolVersion: 1,
          deviceName: name,
          monitors: [{ id: 0, name: "screen", x: 0, y: 0, primary: true, ...screenSize }],
          codecs: this.#patches ? ["h264", "patch"] : ["h264"],
          features,
          rights: this.#wireRights(),
        },
      },
    });
    this.#welcomed = true;
    this.#services.introduced(this);
    this.#follow();
  }

  #wireRights(): Rights {
    const control = this.#rights.has(Right.control);
    return {
      view: this.#rights.has(Right.view),
      pointer: control,
      keyboard: control,
      gamepad: this.#rights.has(Right.gamepad) && this.#services.takesGamepads,
      // No channel carries these yet: they are refused whatever a grant says.
      ...{ audio: false, clipboard: false, files: false },
    };
  }

  #notice(code: string, text: string): void {
    this.connection.sendControl({ body: { case: "notice", value: { code, text } } });
  }

  /** Shows the screen while the client wants it and may see it. */
  #follow(): void {
    this.#setViewing(this.#welcomed && !this.#paused && this.#rights.has(Right.view));
  }

  /** The track that shows the screen instead of packets. */
  get #usedTrack(): VideoTrack | undefined {
    return this.#wantsTrack ? this.#track : undefined;
  }

  /** Changes what carries the video. Where that is another way than before, the screen is sent anew from a keyframe on. */
  #switch(change: () => void): void {
    const before = this.#usedTrack;
    change();
    if (this.#usedTrack === before || !this.#viewing) return;
    this.#setViewing(false);
    this.#follow();
  }

  #leaveTrack(): void {
    if (this.#track === undefined) return;
    this.#track.onKeyframeRequested = undefined;
    this.#track.onBitrateChanged = undefined;
    this.#track = undefined;
  }

  #requestKeyframe(): void {
    const now = monotonicMicros();
    if (this.#usedTrack === undefined || now - this.#keyframeAt < KEYFRAMES_APART_MICROS) return;
    this.#keyframeAt = now;
    this.#services.requestKeyframe();
  }

  #setViewing(viewing: boolean): void {
    if (viewing === this.#viewing) return;
    this.#viewing = viewing;
    if (viewing) this.#services.startViewing(this);
    else this.#services.stopViewing(this);
  }

  #inject(datagram: Uint8Array): void {
    if (!this.#open || !(this.#may(Right.gamepad) || this.#mayControl())) return;
    this.#refused.clear();
    try {
      this.#receiver.receive(datagram, monotonicMicros(), this.#gate);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#malformedInputs++;
      return;
    }
    if (this.#refused.has(Right.control)) this.#mayControl();
    else if (this.#refused.has(Right.gamepad)) this.#deniedInputs++;
    this.#services.inject();
    this.#tend();
  }

  /** Lets through what the rights allow at each moment, and notes in `#refused` what they do not. */
  #makeGate(input: HeldClient): InputSink {
    const passes = (right: Right): boolean => {
      const may = this.#may(right);
      if (!may) this.#refused.add(right);
      return may;
    };
    const { control, gamepad } = Right;
    return {
      key: (usage, down) => passes(control) && input.key(usage, down),
      button: (number, down) => passes(control) && input.button(number, down),
      moveAbsolute: (x, y, display) => passes(control) && input.moveAbsolute(x, y, display),
      moveRelative: (dx, dy) => passes(control) && input.moveRelative(dx, dy),
      scroll: (dx120, dy120) => passes(control) && input.scroll(dx120, dy120),
      gamepad: (index, state) => passes(gamepad) && input.gamepad(index, state),
    };
  }

  /** Whether this client may do that now, and this machine can. */
  #may(right: Right): boolean {
    if (this.#asking || !this.#rights.has(right)) return false;
    return right !== Right.gamepad || this.#services.takesGamepads;
  }

  /** Whether keyboard and pointer are played; the client is told once if they are not. */
  #mayControl(): boolean {
    if (this.#may(Right.control)) return true;
    if (!this.#asking && !this.#toldDenied)
      this.#notice("not-allowed", "you may watch this machine, but not control it");
    this.#toldDenied ||= !this.#asking;
    this.#deniedInputs++;
    return false;
  }

  #releaseAll(): void {
    this.#receiver.releaseAll(this.#gate);
    this.#services.inject();
  }

  /** Acknowledges, releases what has been held through a silence, and sets the timer for the next time. */
  #tend(): void {
    const now = monotonicMicros();
    this.#receiver.handleTimeout(now, this.#gate);
    this.#services.inject();
    const acknowledge = this.#receiver.pollAcknowledgement(now);
    if (acknowledge !== undefined) this.connection.acknowledgeInput(acknowledge);
    const at = this.#receiver.pollTimeout();
    if (at === undefined || (this.#timerAt !== undefined && this.#timerAt <= at)) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = undefined;
        if (this.#open) this.#tend();
      },
      Math.max(0, (at - now) / 1000),
    );
  }
}

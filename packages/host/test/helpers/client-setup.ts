import { type CursorPosition, HeldState, InputSender } from "@wavry/rift-core";
import { type ControlInit, decodeControl, encodeControl } from "@wavry/rift-core/control";
import type { RiftConnection } from "@wavry/rift-udp";
import { ALL_RIGHTS, type Right } from "@wavry/signaling";
import { HostClient, type HostServices } from "../../src/host-client.ts";

type ConnectionFace = Pick<
  RiftConnection,
  | "onControl"
  | "onInput"
  | "onKeyframeRequested"
  | "onSuspended"
  | "sendControl"
  | "sendCursor"
  | "sendUpdate"
  | "acknowledgeInput"
>;

/** A host's client over a connection and services that write down what they are told. */
export class ClientSetup implements Disposable {
  /** Control messages to the client. */
  readonly controls: ControlInit[] = [];
  readonly updates: Uint8Array[] = [];
  readonly cursors: CursorPosition[] = [];
  readonly acknowledged: number[] = [];
  /** What the services were asked for, but for "inject". */
  readonly asked: string[] = [];
  /** What was played, in order. */
  readonly played: string[] = [];
  readonly held: HeldState;
  readonly client: HostClient;
  readonly sender: InputSender = new InputSender();
  readonly #connection: ConnectionFace;
  #gathered: string[] = [];

  constructor(access: { rights?: readonly Right[]; ask?: boolean; takesGamepads?: boolean } = {}) {
    const gather = (text: string): void => void this.#gathered.push(text);
    this.held = new HeldState({
      key: (usage, down) => gather(`key ${usage} ${down ? "down" : "up"}`),
      button: (button, down) => gather(`button ${button} ${down ? "down" : "up"}`),
      moveAbsolute: (x, y) => gather(`move ${x},${y}`),
      moveRelative: (dx, dy) => gather(`move by ${dx},${dy}`),
      scroll: (dx120, dy120) => gather(`scroll ${dx120},${dy120}`),
      gamepad: (index, state) =>
        gather(`pad ${index} ${state === undefined ? "gone" : `${state.buttons} ${state.leftX}`}`),
    });
    this.#connection = {
      onControl: undefined,
      onInput: undefined,
      onKeyframeRequested: undefined,
      onSuspended: undefined,
      sendControl: (message) => void this.controls.push(message),
      sendCursor: (position) => void this.cursors.push(position),
      sendUpdate: (update) => this.updates.push(update.slice()),
      acknowledgeInput: (sequence) => void this.acknowledged.push(sequence),
    };
    const ask = (what: string): void => void this.asked.push(what);
    const services: HostServices = {
      name: "den",
      screenSize: { width: 640, height: 480 },
      startViewing: () => ask("start"),
      stopViewing: () => ask("stop"),
      pathChanged: () => {},
      wishesChanged: () => ask("wishes"),
      requestKeyframe: () => ask("keyframe"),
      inject: () => {
        this.played.push(...this.#gathered);
        this.#gathered = [];
      },
      typeText: (text) => gather(`type ${text.length > 20 ? text.length : text}`),
      takesGamepads: access.takesGamepads ?? false,
      introduced: ({ name }) => ask(`introduced ${name}`),
    };
    const connection = this.#connection as RiftConnection;
    const { rights = ALL_RIGHTS } = access;
    this.client = new HostClient(connection, services, this.held.attach(), {
      rights: new Set(rights),
      ask: access.ask ?? false,
    });
  }

  /** The client says this. */
  control(message: ControlInit): void {
    this.#connection.onControl?.(decodeControl(encodeControl(message)));
  }

  hello(codecs: readonly string[] = ["h264", "patch"], deviceName = "laptop"): void {
    this.control({
      body: { case: "hello", value: { protocolVersion: 1, deviceName, codecs: [...codecs] } },
    });
  }

  /** The client sends this as input. */
  input(datagram: Uint8Array): void {
    this.#connection.onInput?.(datagram, 0);
  }

  /** The client sends what `sender` has to say. */
  sendInput(): void {
    const datagram = this.sender.poll(0);
    if (datagram !== undefined) this.input(datagram);
  }

  suspend(): void {
    this.#connection.onSuspended?.();
  }

  requestKeyframe(): void {
    this.#connection.onKeyframeRequested?.();
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }
}

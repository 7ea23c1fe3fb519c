import { CloseReason, InputReceiver, type InputSink } from "@wavry/rift-core";
import type { Control } from "@wavry/rift-core/control";
import { createIdentity, decodeWavryId, type Identity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import {
  type CarrierPort,
  monotonicMicros,
  type RiftConnection,
  RiftEndpoint,
} from "@wavry/rift-udp";
import {
  encodeBase64url,
  openWebBody,
  signWebBody,
  type Web,
  type WebAnswer,
  type WebMessage,
} from "@wavry/signaling";
import {
  createWebCertificate,
  type WebCertificate,
  WebTransportServer,
  type WebTransportSession,
} from "@wavry/web-transport";
import { WebRtcPeer } from "@wavry/webrtc";
import { FakeLanes } from "./fake-lanes.ts";
import { UpdateStudio } from "./update-studio.ts";

export const SESSION = "c2Vzc2lvbi1vZi10ZXN0cw";

/** An Opus packet: a frame of CELT without content. */
const SILENCE = Uint8Array.of(0xf8, 0xff, 0xfe);

/** What a browser tells of itself. */
export interface BrowserFacts {
  readonly wavryId: string;
  /** X25519, 32 bytes. */
  readonly staticKey: Uint8Array;
}

/** How a fake host behaves. */
export interface FakeHostOptions {
  readonly identity?: Identity;
  /** What is offered; default WebTransport alone. */
  readonly ways?: readonly ("webtransport" | "webrtc")[];
  /** Signs with another device's key. */
  readonly signer?: Identity;
  /** Changes an answer before it is signed. */
  readonly alter?: (answer: WebAnswer) => WebAnswer;
  /** Changes a body after it was signed. */
  readonly tamper?: (body: string) => string;
  /** Makes controllers; "denied": but not for this browser. Default: it makes none. */
  readonly gamepads?: "allowed" | "denied";
  /** Offers an audio track over WebRTC. */
  readonly sound?: boolean;
  /** Does not answer hello: a person is asked. */
  readonly asks?: boolean;
}

/** A host with all that carries a session really there, and a picture that tests paint. */
export class FakeHost implements AsyncDisposable {
  readonly identity: Identity;
  readonly studio: UpdateStudio;
  /** What came in. */
  readonly input: string[] = [];
  readonly controls: Control[] = [];
  readonly connections: RiftConnection[] = [];
  readonly offers: string[][] = [];
  readonly transports: FakeLanes[] = [];
  readonly peers: WebRtcPeer[] = [];
  options: FakeHostOptions;
  /** Datagrams are taken no more, as if the network was cut. */
  isCut = false;
  /** Answers by the gateway. */
  say: ((kind: Web["kind"], body: string) => void) | undefined;
  #isGone = false;
  readonly #browser: BrowserFacts;
  readonly #endpoint: RiftEndpoint;
  readonly #server: WebTransportServer;
  readonly #certificate: WebCertificate;
  readonly #ports = new Set<CarrierPort>();

  static async open(browser: BrowserFacts, options: FakeHostOptions = {}): Promise<FakeHost> {
    const identity = options.identity ?? createIdentity(nodeSuite);
    const endpoint = await RiftEndpoint.bind({
      ...{ address: "127.0.0.1", identity, suite: nodeSuite, prefer: "plain" },
      admission: {
        pairedStatics: () => [browser],
        pairingSecrets: () => [],
        onPaired: () => {},
      },
    });
    const certificate = createWebCertificate();
    let host: FakeHost | undefined;
    const server = await WebTransportServer.listen({
      ...{ address: "127.0.0.1", certificate },
      allowOrigin: () => true,
      onSession: (session) => host?.takeSession(session),
    });
    const studio = await UpdateStudio.open({ width: 320, height: 200 });
    studio.paintGradient();
    host = new FakeHost({ identity, endpoint, server, certificate, studio, browser, options });
    return host;
  }

  private constructor(parts: {
    identity: Identity;
    endpoint: RiftEndpoint;
    server: WebTransportServer;
    certificate: WebCertificate;
    studio: UpdateStudio;
    browser: BrowserFacts;
    options: FakeHostOptions;
  }) {
    this.identity = parts.identity;
    this.#endpoint = parts.endpoint;
    this.#server = parts.server;
    this.#certificate = parts.certificate;
    this.studio = parts.studio;
    this.#browser = parts.browser;
    this.options = parts.options;
    this.#endpoint.onConnection = (connection) => this.#welcome(connection);
  }

  /** The connection in use. */
  get connection(): RiftConnection {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error("nobody has connected");
    return connection;
  }

  /** What the page's gateway grants. */
  grant(): object {
    return {
      ...{ type: "granted", seq: 1, request: "", session: SESSION, grant: "", ask: false },
      rights: ["view", "control"],
      candidates: [],
      host: {
        id: this.identity.wavryId,
        staticKey: encodeBase64url(this.identity.staticKey),
        certificate: encodeBase64url(this.identity.certificate),
        name: "workshop",
      },
    };
  }

  /** Takes what the browser says by the gateway. */
  hear(kind: Web["kind"], body: string): void {
    // A page that lost its host asks again, and a peer made now would never be closed.
    if (this.#isGone) return;
    const parties = {
      ...{ session: SESSION, sender: this.#browser.wavryId, receiver: this.identity.wavryId },
    };
    const key = decodeWavryId(this.#browser.wavryId)!;
    const message = openWebBody({ kind, body }, parties, (bytes, signature) =>
      nodeSuite.ed25519Verify(key, bytes, signature),
    );
    if (message.kind === "offer") void this.#answer(message.value.nonce, message.value.wants);
    else if (message.kind === "candidate") {
      const peer = this.peers.at(-1);
      if ("sdp" in message.value) peer?.setRemote(message.value.sdp);
      else peer?.addCandidate(message.value.candidate, message.value.mid);
    }
  }

  /** Lets the browser in. */
  greet(connection: RiftConnection = this.connection): void {
    connection.sendControl({
      body: {
        case: "hostHello",
        value: {
          ...{ protocolVersion: 1, deviceName: "workshop", codecs: ["h264", "patch"] },
          monitors: [{ id: 0, name: "first", ...this.studio.screen, primary: true }],
          rights: {
            view: true,
            pointer: true,
            keyboard: true,
            gamepad: this.options.gamepads === "allowed",
          },
          ...(this.options.gamepads !== undefined && { features: ["gamepad"] }),
        },
      },
    });
    connection.sendUpdate(this.studio.keyframe());
  }

  /** A session of WebTransport was opened: a carrier of its own, or a further lane of one. */
  takeSession(session: WebTransportSession): void {
    const known = this.transports.find(({ path }) => path === session.path);
    const lanes = known ?? new FakeLanes(session.path);
    if (known === undefined) {
      this.transports.push(lanes);
      lanes.port = this.#addCarrier((datagram) => lanes.send(datagram));
    }
    lanes.add(session, (datagram) => {
      if (!this.isCut) lanes.port?.receive(datagram);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isGone = true;
    for (const peer of this.peers) peer[Symbol.dispose]();
    await Promise.all(this.peers.map(({ closed }) => closed));
    await this.#endpoint.close(CloseReason.shutdown);
    await this.#server.close();
    this.studio[Symbol.dispose]();
  }

  #addCarrier(send: (datagram: Uint8Array) => unknown): CarrierPort {
    const port = this.#endpoint.addCarrier({
      send: (datagram) => {
        if (!this.isCut) send(datagram);
      },
    });
    this.#ports.add(port);
    return port;
  }

  async #answer(nonce: string, wants: readonly string[]): Promise<void> {
    this.offers.push([...wants]);
    const { ways = ["webtransport"], alter = (answer) => answer } = this.options;
    const answer: WebAnswer = { v: 1, nonce };
    if (ways.includes("webtransport") && wants.includes("webtransport"))
      answer.webtransport = {
        ...{ addresses: ["127.0.0.1"], port: this.#server.address.port, path: "/wavry" },
        certificates: [encodeBase64url(this.#certificate.sha256)],
      };
    let candidates: WebMessage[] = [];
    let isTold = false;
    if (ways.includes("webrtc") && wants.includes("webrtc")) {
      const { promise, resolve } = Promise.withResolvers<string>();
      const peer = new WebRtcPeer({
        video: { codec: "h264" },
        audio: this.options.sound === true,
        onDescription: resolve,
        onCandidate: (candidate, mid) => {
          const message = { kind: "candidate", value: { v: 1, nonce, candidate, mid } } as const;
          if (isTold) this.#tell(message);
          else candidates.push(message);
        },
      });
      this.peers.push(peer);
      const port = this.#addCarrier((datagram) => peer.sendDatagram(datagram));
      peer.onDatagram = (datagram) => {
        if (!this.isCut) port.receive(datagram);
      };
      peer.onKeyframeRequested = () => this.sendTrack();
      answer.webrtc = { sdp: await promise };
    }
    this.#tell({ kind: "answer", value: alter(answer) });
    isTold = true;
    for (const candidate of candidates) this.#tell(candidate);
    candidates = [];
  }

  /** A keyframe on the video track. */
  sendTrack(): void {
    const update = this.studio.keyframe();
    this.peers.at(-1)?.sendVideo(update.subarray(36), monotonicMicros());
  }

  /** 20 ms of silence on the audio track. */
  sendSound(): void {
    this.peers.at(-1)?.sendAudio(SILENCE, monotonicMicros());
  }

  #tell(message: WebMessage): void {
    const { signer = this.identity, tamper = (body) => body } = this.options;
    const parties = {
      ...{ session: SESSION, sender: this.identity.wavryId, receiver: this.#browser.wavryId },
    };
    const body = signWebBody(message, parties, (bytes) =>
      nodeSuite.ed25519Sign(signer.identitySeed, bytes),
    );
    this.say?.(message.kind, tamper(body));
  }

  #welcome(connection: RiftConnection): void {
    this.connections.push(connection);
    const receiver = new InputReceiver();
    const sink = this.#inputSink();
    connection.onInput = (datagram, at) => {
      receiver.receive(datagram, at, sink);
      const sequence = receiver.pollAcknowledgement(at);
      if (sequence !== undefined) connection.acknowledgeInput(sequence);
    };
    connection.onKeyframeRequested = () => connection.sendUpdate(this.studio.keyframe());
    connection.onControl = (message) => {
      this.controls.push(message);
      if (message.body.case !== "hello") return;
      if (this.options.asks === true)
        connection.sendControl({
          body: { case: "notice", value: { code: "consent-pending", text: "asking" } },
        });
      else this.greet(connection);
    };
  }

  #inputSink(): InputSink {
    const say = (text: string): void => void this.input.push(text);
    return {
      key: (usage, down) => say(`key ${usage} ${down ? "down" : "up"}`),
      button: (button, down) => say(`button ${button} ${down ? "down" : "up"}`),
      moveAbsolute: (x, y) =>
        say(`at ${Math.round((x * 320) / 65536)} ${Math.round((y * 200) / 65536)}`),
      moveRelative: (dx, dy) => say(`by ${dx} ${dy}`),
      scroll: (dx, dy) => say(`scroll ${dx} ${dy}`),
      gamepad: (index, state) =>
        say(`pad ${index} ${state === undefined ? "gone" : `${state.buttons} ${state.leftX}`}`),
    };
  }
}

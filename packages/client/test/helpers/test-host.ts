import type { VideoPipeline } from "@wavry/media/view";
import type { ControlInit } from "@wavry/rift-core/control";
import { createIdentity, createPairingSecret, type Identity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { type RiftConnection, RiftEndpoint } from "@wavry/rift-udp";
import type { HostTarget } from "../../src/client-options.ts";
import type { View } from "../../src/view.ts";

/** The network half of a host on the loopback, which lets one client pair and says what the test wants. */
export class TestHost implements AsyncDisposable {
  readonly target: HostTarget;
  readonly connected: Promise<RiftConnection>;
  readonly #endpoint: RiftEndpoint;

  static async start(): Promise<TestHost> {
    const identity = createIdentity(suite);
    const secret = createPairingSecret(suite);
    const endpoint = await RiftEndpoint.bind({
      address: "127.0.0.1",
      identity,
      suite,
      admission: {
        pairedStatics: () => [],
        pairingSecrets: () => [secret],
        onPaired: () => {},
      },
    });
    return new TestHost(endpoint, identity, secret);
  }

  private constructor(endpoint: RiftEndpoint, { wavryId }: Identity, secret: Uint8Array) {
    this.#endpoint = endpoint;
    const link = { wavryId, secret, addresses: [endpoint.address] };
    this.target = { type: "link", link };
    this.connected = new Promise((resolve) => {
      endpoint.onConnection = resolve;
    });
  }

  /** Sends a message once the client is there. */
  async say(message: ControlInit): Promise<void> {
    (await this.connected).sendControl(message);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#endpoint[Symbol.asyncDispose]();
  }
}

/** A view without a window that decodes nothing and notes what it is given. */
export function recordingView(): { view: View; updates: Uint8Array[]; isClosed: () => boolean } {
  const updates: Uint8Array[] = [];
  let closed = false;
  const pipeline: Partial<VideoPipeline> = {
    closed: new Promise(() => {}),
    push: (update) => void updates.push(update.slice()),
    setOverlay: () => {},
    setPointer: () => {},
    movePointer: () => {},
  };
  return {
    view: {
      window: undefined,
      pipeline: pipeline as VideoPipeline,
      [Symbol.asyncDispose]: async () => {
        closed = true;
      },
    },
    updates,
    isClosed: () => closed,
  };
}

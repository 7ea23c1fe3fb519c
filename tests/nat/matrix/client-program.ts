/** A client without a window: GatewaySession, PathFinder and RiftEndpoint, put together as the product's client does. */
import { type ClientOptions, PathInbox } from "@wavry/client";
import { GatewaySession } from "@wavry/client/gateway";
import { deviceSigner, GatewayClient, SignalingSocket } from "@wavry/gateway-client";
import type { PairedDevices } from "@wavry/keyring";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { isCarrierAddress, type RiftConnection, RiftEndpoint } from "@wavry/rift-udp";
import { explainPaths, isNearby, type PathFinder, type PathWay } from "@wavry/rift-udp/paths";
import { connectToHost } from "../../../packages/client/src/connect-to-host.ts";
import { startPaths } from "../../../packages/client/src/start-paths.ts";
import { serve } from "./remote-side.ts";
import type { Connected, Place, Standing, Step } from "./words.ts";

const INPUT_MILLIS = 20;
/** What a person would have given up long before. */
const PATIENCE_MICROS = 45_000_000;

const place = JSON.parse(process.argv[2]!) as Place;
const identity = createIdentity(suite);
const device = deviceSigner(identity, suite);
await new GatewayClient(place).enrol({ device, kind: "client", name: "client", platform: "test" });

interface Current extends AsyncDisposable {
  readonly connection: RiftConnection;
  readonly finder: PathFinder;
  readonly steps: readonly Step[];
  readonly received: () => number;
  readonly gaps: { last: number; longest: number };
}

let current: Current | undefined;
let failed: readonly string[] = [];

/** As `wavry connect` does from when it knows the host's ID. */
async function connect(host: string): Promise<Connected> {
  await close();
  await using stack = new AsyncDisposableStack();
  const startedAt = performance.now();
  const passed = (): number => performance.now() - startedAt;
  const steps: Step[] = [];
  const socket = stack.use(
    new SignalingSocket({
      ...{ url: place.url, issuer: place.issuer, device, role: "client" },
      credentials: { kind: "token", token: place.token },
    }),
  );
  const session = stack.use(
    await GatewaySession.open({ socket, suite, host, pinnedKey: () => undefined }),
  );
  const grantedMillis = passed();
  const inbox = new PathInbox();
  session.paths.onNews = (news) => inbox.put(news);
  const endpoint = stack.use(await RiftEndpoint.bind({ identity, suite }));
  const options: ClientOptions = {
    ...{ identity, suite, target: session.target, name: "client", window: false },
    // None was ever here: all is as the gateway says.
    devices: undefined as unknown as PairedDevices,
    paths: { terms: session.paths.terms, inbox },
    connectTimeoutMicros: PATIENCE_MICROS,
    onEvent: (event) => {
      if (event.type === "path-signal") session.paths.say(event.signal);
      if (event.type !== "path") return;
      const { way, kind, remote } = event.path ?? {};
      steps.push({ way, kind, remote, atMillis: passed() });
    },
  };
  const finder = stack.use(startPaths(endpoint, options)!);
  try {
    const { connection } = await connectToHost(endpoint, options, finder);
    const firstWay = wayOf(connection, steps);
    let received = 0;
    const gaps = { last: performance.now(), longest: 0 };
    const up = Promise.withResolvers<void>();
    let isAcknowledged = false;
    connection.onInputAcknowledged = () => {
      isAcknowledged = true;
      if (received > 0) up.resolve();
    };
    connection.onUpdate = () => {
      received++;
      const now = performance.now();
      gaps.longest = Math.max(gaps.longest, now - gaps.last);
      gaps.last = now;
      if (isAcknowledged) up.resolve();
    };
    void connection.closed.then(({ message }) => up.reject(new Error(`closed: ${message}`)));
    finder.attach(connection);
    connection.sendInput(Uint8Array.of(1));
    const inputs = setInterval(() => connection.sendInput(Uint8Array.of(1)), INPUT_MILLIS);
    stack.defer(() => clearInterval(inputs));
    await up.promise;
    const upMillis = passed();
    const owned = stack.move();
    current = {
      ...{ connection, finder, steps, received: () => received, gaps },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
    return { session: session.id, upMillis, grantedMillis, firstWay };
  } catch (error) {
    failed = explainPaths(finder.report);
    throw error;
  }
}

/** How the connection goes before anything has moved it. */
function wayOf({ remote }: RiftConnection, steps: readonly Step[]): PathWay {
  if (!isCarrierAddress(remote.address)) return isNearby(remote.address) ? "local" : "direct";
  const way = steps.findLast(({ way }) => way?.startsWith("relay"))?.way;
  return way ?? "relay";
}

async function close(): Promise<void> {
  const last = current;
  current = undefined;
  await last?.[Symbol.asyncDispose]();
}

serve(
  {
    connect,
    close,
    mark: () => {
      if (current !== undefined) current.gaps.longest = 0;
    },
    standing: (): Standing => {
      if (current === undefined)
        return { isOpen: false, steps: [], received: 0, longestGapMillis: 0, report: failed };
      const { connection, finder, steps, received, gaps } = current;
      const report = explainPaths(finder.report);
      return {
        isOpen: connection.isOpen,
        steps,
        received: received(),
        longestGapMillis: gaps.longest,
        report,
      };
    },
  },
  close,
);

/** The worker behind a `ClientThread`: nothing but socket, session and input run here. */
import type { Identity } from "@wavry/rift-crypto";
import { serveThread } from "@wavry/rift-udp/thread";
import type { Client } from "./client.ts";
import type {
  ClientThreadCalls,
  ClientThreadNews,
  ClientThreadSettings,
  ClientThreadStarted,
} from "./client-thread-messages.ts";
import { PathInbox } from "./path-inbox.ts";
import { openView, type View } from "./view.ts";

const abort = new AbortController();
const inbox = new PathInbox();
let identity: Identity | undefined;
let view: Promise<View> | undefined;
let connecting: Promise<Client> | undefined;
let client: Client | undefined;

function running(): Client {
  if (client === undefined) throw new Error("the client is not connected");
  return client;
}

async function open(settings: ClientThreadSettings): Promise<Client> {
  const { secrets, keyringDirectory, paths, ...rest } = settings;
  view ??= openView(settings);
  // `Client.connect` tells it; it must not count as unhandled while that is loaded.
  view.catch(() => {});
  const { Client, suite, ...keys } = await import("./client-parts.ts");
  const directory = keyringDirectory ?? keys.defaultKeyringDirectory();
  identity =
    secrets === undefined
      ? keys.loadOrCreateIdentity({ directory, suite })
      : keys.identityFromSecrets(suite, secrets);
  return await Client.connect({
    ...rest,
    paths: paths && { ...paths, inbox },
    identity,
    suite,
    devices: keys.PairedDevices.open(directory),
    view,
    // This thread is never terminated (`ThreadLink`).
    prefer: "best",
    signal: abort.signal,
    onEvent: (event) => server.tell({ kind: "event", event }),
  });
}

async function connect(settings: ClientThreadSettings): Promise<ClientThreadStarted> {
  const leave = (): void => {
    identity?.identitySeed.fill(0);
    identity?.staticPrivate.fill(0);
    if (settings.target.type === "link") settings.target.link.secret.fill(0);
    server.end();
  };
  connecting = open(settings);
  try {
    client = await connecting;
  } catch (error) {
    // What was opened may be left over, and the refusal is to be sent first.
    await (await view?.catch(() => undefined))?.[Symbol.asyncDispose]();
    setImmediate(leave);
    throw error;
  }
  const { socketKind } = client;
  void client.closed.then((end) => {
    server.tell({ kind: "ended", end });
    leave();
  });
  const { prioritizeThread } = await import("./client-parts.ts");
  // Last, so that the threads that the client has started stay as they are.
  return { socketKind, priority: await prioritizeThread() };
}

const server = serveThread<ClientThreadCalls, ClientThreadNews>({
  openView(options) {
    view = openView(options);
    view.catch(() => {});
    // The protocol loads while the other threads start.
    void import("./client-parts.ts");
  },
  connect,
  snapshot: () => running().snapshot(),
  statistics: () => running().statistics(),
  pathReport: () => running().pathReport(),
  tellPaths: (news) => inbox.put(news),
  async stop() {
    abort.abort();
    if (connecting === undefined) {
      await (await view?.catch(() => undefined))?.[Symbol.asyncDispose]();
      server.end();
    }
    // Where it does not connect there is nothing to stop.
    await (await connecting?.catch(() => undefined))?.stop();
  },
});

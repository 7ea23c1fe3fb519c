/** The worker behind a `HostThread`: nothing but socket, sessions and input run here. */
import { defaultKeyringDirectory, loadOrCreateIdentity, PairedDevices } from "@wavry/keyring";
import { type Identity, identityFromSecrets } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { prioritizeThread } from "@wavry/rift-udp";
import { serveThread } from "@wavry/rift-udp/thread";
import { Host } from "./host.ts";
import type {
  HostThreadCalls,
  HostThreadNews,
  HostThreadSettings,
  HostThreadStarted,
} from "./host-thread-messages.ts";

let identity: Identity | undefined;
let starting: Promise<Host> | undefined;
let host: Host | undefined;

function running(): Host {
  if (host === undefined) throw new Error("the host does not run");
  return host;
}

async function open(settings: HostThreadSettings): Promise<Host> {
  const { secrets, keyringDirectory: directory = defaultKeyringDirectory(), ...rest } = settings;
  identity =
    secrets === undefined
      ? loadOrCreateIdentity({ directory, suite })
      : identityFromSecrets(suite, secrets);
  return await Host.start({
    ...rest,
    identity,
    suite,
    devices: PairedDevices.open(directory),
    // This thread is never terminated (`ThreadLink`).
    prefer: "best",
    onEvent: (event) => server.tell({ kind: "event", event }),
  });
}

function leave(): void {
  identity?.identitySeed.fill(0);
  identity?.staticPrivate.fill(0);
  server.end();
}

async function start(settings: HostThreadSettings): Promise<HostThreadStarted> {
  starting = open(settings);
  try {
    host = await starting;
  } catch (error) {
    // The refusal is sent first: it follows in this turn of microtasks.
    setImmediate(leave);
    throw error;
  }
  const { address, socketKind } = host;
  void host.closed.then((end) => {
    server.tell({ kind: "ended", end });
    leave();
  });
  // Last, so that the threads that the host has started stay as they are.
  return { address, socketKind, priority: await prioritizeThread() };
}

const server = serveThread<HostThreadCalls, HostThreadNews>({
  start,
  createPairingLink: () => running().createPairingLink(),
  clientCount: () => running().clientCount,
  counters: () => running().counters,
  expectGuest: (guest) => running().expectGuest(guest),
  answerConsent: ({ sessionId, agreed }) => running().answerConsent(sessionId, agreed),
  setGuestRights: ({ sessionId, rights }) => running().setGuestRights(sessionId, rights),
  endGuest: ({ sessionId, why }) => running().endGuest(sessionId, why),
  startPaths: (paths) => running().startPaths(paths),
  tellPaths: ({ sessionId, news }) => running().tellPaths(sessionId, news),
  endPaths: (sessionId) => running().endPaths(sessionId),
  pathReport: (sessionId) => running().pathReport(sessionId),
  openWeb: (options) => running().openWeb(options),
  handleWeb: (request) => running().handleWeb(request),
  async stop() {
    if (starting === undefined) server.end();
    // Where it does not start there is nothing to stop.
    await (await starting?.catch(() => undefined))?.stop();
  },
});

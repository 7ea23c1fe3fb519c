import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { DiscoveryError } from "./discovery-error.ts";
import {
  type InterfaceOptions,
  interfaceOf,
  type LanInterface,
  lanInterfaces,
} from "./interfaces.ts";
import { type MdnsMessage, type MdnsRecord, readMessage, writeMessage } from "./message.ts";

/** RFC 6762 §3. */
const PORT = 5353;
const GROUP_V4 = "224.0.0.251";
const GROUP_V6 = "ff02::fb";
const LOOK_MS = 3_000;
/** Messages that are read in a second, with what nobody asked for in it; the rest of a flood is dropped unread. */
const MAX_PER_SECOND = 200;

/** What a link tells its user. */
export interface LinkEvents {
  /** A message, from a sender in one of this machine's networks. */
  readonly onMessage: (message: MdnsMessage, from: LinkSender) => void;
  /** An interface came, went or has other addresses. */
  readonly onInterfaces: () => void;
}

/** Who has sent a message. */
export interface LinkSender {
  /** With its zone where it is link-local IPv6. */
  readonly address: string;
  /** Where it is next to this machine. */
  readonly on: LanInterface;
}

/** Counts what was not read. */
export interface LinkCounters {
  received: number;
  /** No messages of DNS, or too large. */
  malformed: number;
  /** Not from port 5353, or from no network of this machine. */
  foreign: number;
  /** Beyond what is read in a second. */
  flooded: number;
}

/**
 * Multicast DNS on all local interfaces, over IPv4 and IPv6, beside other programs on the same port. A socket hears all of a family; over IPv4 each
 * address has one to send from, as the interface is a setting of the socket. Nothing that comes in, and no interface that goes, makes it fail.
 */
export class MdnsLink implements AsyncDisposable {
  readonly counters: LinkCounters = { received: 0, malformed: 0, foreign: 0, flooded: 0 };
  readonly #events: LinkEvents;
  readonly #options: InterfaceOptions;
  readonly #hears: { readonly v4: Socket | undefined; readonly v6: Socket | undefined };
  readonly #speakers = new Map<string, Socket>();
  readonly #joined = new Set<string>();
  readonly #closing: Promise<void>[] = [];
  #interfaces: readonly LanInterface[] = [];
  #look: NodeJS.Timeout | undefined;
  #second = 0;
  #inSecond = 0;
  #closed: Promise<void> | undefined;

  /** Rejects with DiscoveryError where neither family can be heard. */
  static async open(events: LinkEvents, options: InterfaceOptions = {}): Promise<MdnsLink> {
    const failures: unknown[] = [];
    const hear = (group: string): Promise<Socket | undefined> =>
      openSocket(group).catch((cause) => {
        failures.push(cause);
        return undefined;
      });
    const [v4, v6] = await Promise.all([hear(GROUP_V4), hear(GROUP_V6)]);
    if (v4 === undefined && v6 === undefined)
      throw new DiscoveryError(
        "unavailable",
        "cannot listen for multicast DNS on UDP port 5353: another program has it for itself alone",
        { cause: failures[0] },
      );
    const link = new MdnsLink(events, options, { v4, v6 });
    await link.#lookAround();
    return link;
  }

  private constructor(
    events: LinkEvents,
    options: InterfaceOptions,
    hears: { v4: Socket | undefined; v6: Socket | undefined },
  ) {
    this.#events = events;
    this.#options = options;
    this.#hears = hears;
    for (const socket of [hears.v4, hears.v6])
      socket?.on("message", (bytes: Uint8Array, from) => this.#take(bytes, from));
    this.#look = setInterval(() => void this.#lookAround(), LOOK_MS).unref();
  }

  /** As of the last look. */
  get interfaces(): readonly LanInterface[] {
    return this.#interfaces;
  }

  /** Sends a message on each interface, with the records that `extra` gives for it. Resolves once the kernel has them. */
  async send(
    message: MdnsMessage,
    extra: (on: LanInterface) => readonly MdnsRecord[] = () => [],
  ): Promise<void> {
    if (this.#closed !== undefined) return;
    const sent: Promise<void>[] = [];
    for (const on of this.#interfaces) {
      const records = [...message.records, ...extra(on)];
      const bytes = writeMessage({ ...message, records });
      const [first] = on.ipv4;
      const speaker = first === undefined ? undefined : this.#speakers.get(first);
      if (speaker !== undefined) sent.push(sendTo(speaker, bytes, GROUP_V4));
      if (on.ipv6.length > 0 && this.#hears.v6 !== undefined)
        sent.push(sendTo(this.#hears.v6, bytes, `${GROUP_V6}%${on.name}`));
    }
    await Promise.all(sent);
  }

  /** Idempotent. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#look);
    const sockets = [this.#hears.v4, this.#hears.v6, ...this.#speakers.values()];
    await Promise.all([...sockets.map((socket) => socket && close(socket)), ...this.#closing]);
  }

  #take(bytes: Uint8Array, from: RemoteInfo): void {
    if (this.#closed !== undefined) return;
    this.counters.received++;
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) this.#inSecond = 0;
    this.#second = second;
    if (++this.#inSecond > MAX_PER_SECOND) {
      this.counters.flooded++;
      return;
    }
    const on = from.port === PORT ? interfaceOf(from.address, this.#interfaces) : undefined;
    if (on === undefined) {
      this.counters.foreign++;
      return;
    }
    const message = readMessage(bytes);
    if (message === undefined) this.counters.malformed++;
    else this.#events.onMessage(message, { address: from.address, on });
  }

  /** Joins the group where there is a new interface; all else is told by the list having changed. */
  async #lookAround(): Promise<void> {
    const found = lanInterfaces(this.#options);
    const isSame = JSON.stringify(found) === JSON.stringify(this.#interfaces);
    if (isSame) return;
    for (const { name, ipv4, ipv6 } of found) {
      const [first] = ipv4;
      if (first !== undefined && this.#join("v4", first) && !this.#speakers.has(first)) {
        const speaker = await openSpeaker(first).catch(() => undefined);
        // Meanwhile the link may have been closed.
        if (speaker !== undefined && (this.#closed !== undefined || this.#speakers.has(first)))
          this.#closing.push(close(speaker));
        else if (speaker !== undefined) this.#speakers.set(first, speaker);
      }
      if (ipv6.length > 0) this.#join("v6", `::%${name}`);
    }
    if (this.#closed !== undefined) return;
    this.#leave(found);
    this.#interfaces = found;
    this.#events.onInterfaces();
  }

  #join(family: "v4" | "v6", on: string): boolean {
    const socket = this.#hears[family];
    if (socket === undefined) return false;
    if (this.#joined.has(on)) return true;
    try {
      socket.addMembership(family === "v4" ? GROUP_V4 : GROUP_V6, on);
    } catch (error) {
      // An interface that came back has kept the membership; others have no multicast.
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") return false;
    }
    this.#joined.add(on);
    return true;
  }

  #leave(found: readonly LanInterface[]): void {
    const kept = new Set(found.flatMap(({ name, ipv4 }) => [...ipv4.slice(0, 1), `::%${name}`]));
    for (const on of this.#joined) if (!kept.has(on)) this.#joined.delete(on);
    for (const [address, socket] of this.#speakers)
      if (!kept.has(address)) {
        this.#speakers.delete(address);
        this.#closing.push(close(socket));
      }
  }
}

/** Bound to the group where systems can: what is sent to this machine alone stays with the daemon that has the port. */
async function openSocket(group: string): Promise<Socket> {
  const isV6 = group === GROUP_V6;
  const socket = createSocket({
    type: isV6 ? "udp6" : "udp4",
    reuseAddr: true,
    ...(isV6 && { ipv6Only: true }),
  });
  const any = isV6 ? "::" : "0.0.0.0";
  const address = process.platform === "win32" || isV6 ? any : group;
  try {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("error", reject);
    socket.bind({ port: PORT, address }, resolve);
    await promise;
    socket.off("error", reject);
    socket.setMulticastTTL(255);
    socket.setMulticastLoopback(true);
  } catch (error) {
    await close(socket);
    throw error;
  }
  // What an interface that went reports here; others go on.
  socket.on("error", () => {});
  return socket;
}

async function openSpeaker(address: string): Promise<Socket> {
  const socket = await openSocket(GROUP_V4);
  try {
    socket.setMulticastInterface(address);
  } catch (error) {
    await close(socket);
    throw error;
  }
  return socket;
}

/** An interface without multicast, or one that went, is no failure. */
function sendTo(socket: Socket, bytes: Uint8Array, group: string): Promise<void> {
  return new Promise((resolve) => {
    try {
      socket.send(bytes, PORT, group, () => resolve());
    } catch {
      resolve();
    }
  });
}

function close(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    try {
      socket.close(() => resolve());
    } catch {
      resolve();
    }
  });
}

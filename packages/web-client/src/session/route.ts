import { ScreenError } from "../screen-error.ts";
import type { ScreenTransport } from "../screen-types.ts";
import { RtcLink } from "./rtc-link.ts";
import type { SessionThreads } from "./session-threads.ts";
import type { WebPlaces, WebRtcPlace, WebSignaling } from "./web-signaling.ts";

/** How long WebTransport may take, and how long it has for itself. */
const WEB_TRANSPORT_MILLIS = 4_000;
const HEAD_START_MILLIS = 800;
const WEB_RTC_MILLIS = 10_000;

const NOWHERE: WebPlaces = { webTransport: undefined, webRtc: undefined };

/** A way to the host. */
export interface Route {
  readonly transport: ScreenTransport;
  /** The session thread's number of the carrier. */
  readonly carrier: number;
  /** The WebRTC connection, if there is one; closed with the route. */
  readonly link: RtcLink | undefined;
  /** Video comes on the link's track. */
  readonly videoTrack: boolean;
}

/** What a route is looked for with. */
export interface RouteSearch {
  readonly threads: SessionThreads;
  readonly signaling: WebSignaling;
  readonly allowed: readonly ("webtransport" | "webrtc")[];
  /** Whether WebCodecs does what hosts send. */
  readonly decodes: Promise<boolean>;
  /** The gateway's ICE servers. */
  readonly iceServers: () => Promise<readonly RTCIceServer[]>;
  readonly iceTransportPolicy: RTCIceTransportPolicy | undefined;
  /** A link is being made: gives it the host's candidates, those that came already too, until it is closed. */
  onLink(nonce: string, link: RtcLink): void;
  readonly signal: AbortSignal;
}

/**
 * Finds the best way that works, by trying: WebTransport for everything; where pictures cannot be decoded from it, video as a
 * WebRTC track beside it; else WebRTC for everything. WebRTC is begun once WebTransport keeps us waiting; the better one
 * wins. Rejects with ScreenError "unreachable" and those of `WebSignaling.offer`.
 */
export async function findRoute(search: RouteSearch): Promise<Route> {
  const { allowed, signaling, signal, threads } = search;
  const usesWebTransport = allowed.includes("webtransport") && "WebTransport" in globalThis;
  const { webTransport } = usesWebTransport
    ? await signaling.offer(["webtransport"], signal)
    : NOWHERE;
  const opening = webTransport && threads.openWebTransport(webTransport, WEB_TRANSPORT_MILLIS);
  opening?.catch(() => {});
  const early = opening && (await settledWithin(opening, HEAD_START_MILLIS));
  const decodes = await search.decodes;
  if (early !== undefined && decodes)
    return { transport: "webtransport", carrier: early, link: undefined, videoTrack: false };
  let linked: OpenedLink | undefined;
  try {
    // Only now, as a host takes its time to make a WebRTC end.
    const { webRtc } = allowed.includes("webrtc")
      ? await signaling.offer(["webrtc"], signal)
      : NOWHERE;
    linked = webRtc && (await openLink(search, webRtc));
    const route = await firstRoute(threads, { carrier: opening, linked, decodes });
    if (signal.aborted) {
      closeRoute(threads, route);
      throw new ScreenError("aborted", "given up");
    }
    if (route.link === undefined) linked?.link[Symbol.dispose]();
    if (route.transport === "webrtc") closeLate(threads, opening);
    return route;
  } catch (error) {
    linked?.link[Symbol.dispose]();
    closeLate(threads, opening);
    throw error;
  }
}

/** Closes a carrier that may open when nobody wants it any more. */
function closeLate(threads: SessionThreads, opening: Promise<number> | undefined): void {
  opening?.then(
    (carrier) => threads.send({ type: "close-carrier", carrier }),
    () => {},
  );
}

/** Ends a route that is not used (any more). */
export function closeRoute(threads: SessionThreads, route: Route): void {
  threads.send({ type: "close-carrier", carrier: route.carrier });
  route.link?.[Symbol.dispose]();
}

interface OpenedLink {
  readonly link: RtcLink;
  readonly hasVideo: boolean;
}

async function openLink(search: RouteSearch, place: WebRtcPlace): Promise<OpenedLink> {
  const { signaling, iceTransportPolicy } = search;
  const { nonce, sdp } = place;
  // Without the gateway's servers direct ways remain.
  const iceServers = await search.iceServers().catch(() => []);
  const link = new RtcLink({
    sdp,
    iceServers: withOthers(iceServers, place.iceServers),
    iceTransportPolicy,
    sendDescription: (description) => signaling.sendDescription(nonce, description),
    sendCandidate: (candidate, mid) => signaling.sendCandidate(nonce, candidate, mid),
  });
  search.onLink(nonce, link);
  return { link, hasVideo: RtcLink.offersVideo(sdp) };
}

/** Servers, and those of the host that are others: of one that both name a browser would ask for two relays. */
function withOthers(
  servers: readonly RTCIceServer[],
  hosts: readonly RTCIceServer[],
): readonly RTCIceServer[] {
  const urlsOf = ({ urls }: RTCIceServer): string => [urls].flat().join(" ");
  const known = servers.map(urlsOf);
  return [...servers, ...hosts.filter((server) => !known.includes(urlsOf(server)))];
}

async function firstRoute(
  threads: SessionThreads,
  open: {
    readonly carrier: Promise<number> | undefined;
    readonly linked: OpenedLink | undefined;
    readonly decodes: boolean;
  },
): Promise<Route> {
  const { carrier: webTransport, linked, decodes } = open;
  const ways: Promise<Route>[] = [];
  if (webTransport !== undefined && decodes)
    ways.push(
      webTransport.then((carrier) => ({
        transport: "webtransport",
        carrier,
        link: undefined,
        videoTrack: false,
      })),
    );
  if (linked !== undefined) {
    const { link, hasVideo } = linked;
    const overWebRtc = async (): Promise<Route> => {
      const port = await within(link.port, WEB_RTC_MILLIS);
      return { transport: "webrtc", carrier: threads.openPort(port), link, videoTrack: hasVideo };
    };
    const beside = async (carrier: number): Promise<Route> => {
      await within(link.connected, WEB_RTC_MILLIS);
      return { transport: "webtransport+webrtc", carrier, link, videoTrack: true };
    };
    // Where WebTransport works for control it does so, as long as the track is there for video.
    ways.push(
      webTransport !== undefined && !decodes && hasVideo
        ? webTransport.then(beside, overWebRtc)
        : overWebRtc(),
    );
  }
  try {
    return await Promise.any(ways);
  } catch (cause) {
    throw new ScreenError(
      "unreachable",
      "the host cannot be reached from here: its network or yours lets neither WebTransport nor WebRTC through",
      { cause },
    );
  }
}

/** The value if it is there in time; undefined where it is late or failed. */
async function settledWithin<T>(promise: Promise<T>, millis: number): Promise<T | undefined> {
  try {
    return await within(promise, millis);
  } catch {
    return undefined;
  }
}

async function within<T>(promise: Promise<T>, millis: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error("timeout")), millis);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

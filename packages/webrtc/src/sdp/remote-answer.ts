import { WebRtcError } from "../webrtc-error.ts";
import { fingerprintOf } from "./fingerprint.ts";

/** A description longer than this, or with longer or more lines, is refused; Chromium's answers have 2 KB in 60 lines. */
export const MAX_SDP_LENGTH = 32_768;
export const MAX_SDP_LINES = 512;
export const MAX_SDP_LINE_LENGTH = 1_024;
/** Candidates of one peer, in its answer and after it. */
export const MAX_REMOTE_CANDIDATES = 64;

/** What the native library gets to see of an answer. */
export interface RemoteAnswer {
  /** Rebuilt from the lines that were understood; without candidates. */
  readonly sdp: string;
  readonly fingerprint: string;
  readonly candidates: readonly { readonly candidate: string; readonly mid: string }[];
}

const TOKEN = "[A-Za-z0-9_-]{1,32}";
const MEDIA = new RegExp(
  "^m=(?:(?:video|audio) \\d{1,5} UDP/TLS/RTP/SAVPF(?: \\d{1,3}){1,64}" +
    "|application \\d{1,5} UDP/DTLS/SCTP webrtc-datachannel)$",
);
const MID = new RegExp(`^a=mid:(${TOKEN})$`);
/** Attributes that mean something to a peer that sends, in either part of a description (RFC 8866, 8829, 8841). */
const KEPT: readonly RegExp[] = [
  /^a=(?:recvonly|inactive|rtcp-mux|rtcp-rsize|bundle-only)$/,
  /^a=ice-ufrag:[A-Za-z0-9+/=_-]{4,256}$/,
  /^a=ice-pwd:[A-Za-z0-9+/=_-]{22,256}$/,
  /^a=ice-options:trickle$/,
  /^a=fingerprint:sha-256 (?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$/,
  /^a=setup:(?:active|passive)$/,
  new RegExp(`^a=group:BUNDLE(?: ${TOKEN}){1,8}$`),
  new RegExp(`^a=rtpmap:\\d{1,3} ${TOKEN}/\\d{1,6}(?:/\\d)?$`),
  /^a=fmtp:\d{1,3} [A-Za-z0-9;=_. -]{1,256}$/,
  /^a=rtcp-fb:(?:\d{1,3}|\*) [a-z0-9 -]{1,32}$/,
  /^a=extmap:\d{1,3} [\x21-\x7e]{1,128}$/,
  /^a=sctp-port:\d{1,5}$/,
  /^a=max-message-size:\d{1,10}$/,
];
const REQUIRED = ["a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=setup:"] as const;
const SESSION = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0"] as const;

/**
 * Reads the answer to an offer with the sections `mids`, in this order. Nothing of it reaches the native parser that is not
 * known here. Throws WebRtcError "malformed" or "limit".
 */
export function readRemoteAnswer(text: string, mids: readonly string[]): RemoteAnswer {
  if (text.length > MAX_SDP_LENGTH) throw new WebRtcError("limit", "a description is too long");
  const lines = text.split(/\r?\n/, MAX_SDP_LINES + 1);
  if (lines.length > MAX_SDP_LINES)
    throw new WebRtcError("limit", "a description has too many lines");
  if (lines[0] !== "v=0") throw new WebRtcError("malformed", "this is no session description");
  const kept: string[] = [...SESSION];
  const candidates: { candidate: string; mid: string }[] = [];
  const found: string[] = [];
  let section = -1;
  let isMedia = false;
  for (const line of lines) {
    if (line.length > MAX_SDP_LINE_LENGTH)
      throw new WebRtcError("limit", "a line of a description is too long");
    if (line.startsWith("m=")) {
      if (!MEDIA.test(line))
        throw new WebRtcError("malformed", "a media section is of no kind here");
      if (found.length !== ++section) throw new WebRtcError("malformed", "a section has no mid");
      isMedia = !line.startsWith("m=application");
      kept.push(line, "c=IN IP4 0.0.0.0");
    } else if (line.startsWith("a=mid:")) {
      const mid = MID.exec(line)?.[1];
      if (mid === undefined || found.length !== section || mid !== mids[section])
        throw new WebRtcError("malformed", "the sections are not those of the offer");
      found.push(mid);
      kept.push(line);
    } else if (line.startsWith("a=candidate:")) {
      if (candidates.length >= MAX_REMOTE_CANDIDATES)
        throw new WebRtcError("limit", "a description has too many candidates");
      candidates.push({ candidate: line.slice(2), mid: mids[Math.max(0, section)]! });
    } else if (isMedia && /^a=(?:sendrecv|sendonly)$/.test(line)) {
      throw new WebRtcError("malformed", "the other side wants to send media");
    } else if (KEPT.some((pattern) => pattern.test(line))) {
      kept.push(line);
    }
  }
  if (found.length !== mids.length)
    throw new WebRtcError("malformed", "the sections are not those of the offer");
  for (const prefix of REQUIRED)
    if (!kept.some((line) => line.startsWith(prefix)))
      throw new WebRtcError("malformed", `a description lacks "${prefix.slice(2, -1)}"`);
  const fingerprint = fingerprintOf(kept.join("\r\n"));
  if (fingerprint === undefined)
    throw new WebRtcError("malformed", "a description names different certificates");
  return { sdp: `${kept.join("\r\n")}\r\n`, fingerprint, candidates };
}

/** The mids of a description, in order. */
export function midsOf(sdp: string): string[] {
  return [...sdp.matchAll(/^a=mid:([^\r\n]+)/gm)].map((match) => match[1]!);
}

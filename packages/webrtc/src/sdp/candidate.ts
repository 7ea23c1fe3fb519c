import { isIP } from "node:net";
import { WebRtcError } from "../webrtc-error.ts";

/** The longest candidate that is read; Chromium's are under 200. */
const MAX_CANDIDATE_LENGTH = 512;

/** An ICE candidate of the other side, as far as it matters here. */
export interface RemoteCandidate {
  readonly type: "host" | "srflx" | "prflx" | "relay";
  readonly transport: "udp" | "tcp";
  /** An IP address, or a name such as browsers hide theirs behind. */
  readonly address: string;
  readonly port: number;
  /** Whether ICE over UDP can use it without asking anybody for a name. */
  readonly usable: boolean;
  /** "candidate:…", rebuilt from what was understood. */
  readonly text: string;
}

const CANDIDATE =
  /^(?:a=)?candidate:([A-Za-z0-9+/]{1,32}) ([1-9]\d{0,2}) (udp|tcp) (\d{1,10}) ([A-Za-z0-9.:%-]{1,253}) (\d{1,5}) typ (host|srflx|prflx|relay)(?: |$)/i;

/**
 * Reads a candidate attribute (RFC 8839 §5.1). Throws WebRtcError "malformed" or "limit".
 * What follows the type (related address, generation, network cost …) does not matter for checks and is left out.
 */
export function readCandidate(text: string): RemoteCandidate {
  if (text.length > MAX_CANDIDATE_LENGTH)
    throw new WebRtcError("limit", "an ICE candidate is too long");
  const parts = CANDIDATE.exec(text.trim());
  if (parts === null) throw new WebRtcError("malformed", "an ICE candidate cannot be read");
  const [, foundation, component, protocol, priority, address, portText, kind] = parts as string[];
  const port = Number(portText);
  if (port > 65_535 || Number(priority) >= 2 ** 32)
    throw new WebRtcError("malformed", "an ICE candidate has impossible numbers");
  const transport = protocol!.toLowerCase() as "udp" | "tcp";
  const type = kind!.toLowerCase() as RemoteCandidate["type"];
  return {
    type,
    transport,
    address: address!,
    port,
    usable: transport === "udp" && component === "1" && port > 0 && isIP(address!) !== 0,
    text: `candidate:${foundation} ${component} UDP ${priority} ${address} ${port} typ ${type}`,
  };
}

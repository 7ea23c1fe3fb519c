import type { PeerConnection } from "node-datachannel";
import { readCandidate } from "../sdp/candidate.ts";
import { MAX_REMOTE_CANDIDATES } from "../sdp/remote-answer.ts";
import { WebRtcError } from "../webrtc-error.ts";

/** Lets candidates of the other side through to the ICE agent: readable, usable, not too many, and not before the answer. */
export class CandidateGate {
  readonly #connection: PeerConnection;
  readonly #mids: readonly string[];
  readonly #waiting: [candidate: string, mid: string][] = [];
  #count = 0;
  #open = false;

  constructor(connection: PeerConnection, mids: readonly string[]) {
    this.#connection = connection;
    this.#mids = mids;
  }

  /**
   * Takes a candidate; the empty one, which ends them, says nothing here. Throws WebRtcError "malformed" or "limit".
   * TCP candidates and those with a name instead of an address are left out: the other side finds us all the same.
   */
  add(text: string, mid: string): void {
    if (text === "" || text === "end-of-candidates") return;
    if (++this.#count > MAX_REMOTE_CANDIDATES)
      throw new WebRtcError("limit", "the other side has too many ICE candidates");
    const section = mid === "" ? this.#mids[0]! : mid;
    if (!this.#mids.includes(section))
      throw new WebRtcError("malformed", "an ICE candidate is of no section of the offer");
    const candidate = readCandidate(text);
    if (!candidate.usable) return;
    if (this.#open) this.#pass(candidate.text, section);
    else this.#waiting.push([candidate.text, section]);
  }

  /** The answer is there. */
  open(): void {
    this.#open = true;
    for (const [candidate, mid] of this.#waiting.splice(0)) this.#pass(candidate, mid);
  }

  #pass(candidate: string, mid: string): void {
    try {
      this.#connection.addRemoteCandidate(candidate, mid);
    } catch {
      // The connection has just ended, or the agent knows better: it can do without one candidate.
    }
  }
}

import { CloseCode, GRANT_SECONDS } from "@wavry/signaling";
import { cutSession } from "./cut-session.ts";
import { losePeer } from "./end-peer.ts";
import { BEAT_SECONDS, type Hub } from "./hub.ts";
import type { Peer } from "./peer.ts";
import { recheck } from "./recheck.ts";
import { run } from "./run.ts";
import { endForgottenSessions } from "./session-rows.ts";

/** Beats of silence, or of absence, that are too many: between two and three times BEAT_SECONDS. */
const MAX_SILENT_BEATS = 2;
/** A session that has not begun after so many beats never will. */
const MAX_PENDING_BEATS: number = Math.ceil(GRANT_SECONDS / BEAT_SECONDS) + 2;
/** Every ten minutes. */
const BEATS_PER_RECHECK = 30;
const SECONDS_PER_SWEEP = 600;

/**
 * Lets the hub's heart beat, until disposed: each second for the peers whose second it is. It counts beats and not the
 * clock, so that a clock that jumps closes nothing.
 */
export function startBeating(hub: Hub): Disposable {
  let seconds = 0;
  const timer = setInterval(() => {
    seconds++;
    hub.sweepUnknown();
    for (const peer of hub.peers.values())
      if (peer.slot === seconds % BEAT_SECONDS) beat(hub, peer);
    if (seconds % SECONDS_PER_SWEEP === 0)
      hub.context.afterwards.run("end forgotten sessions", () => endForgottenSessions(hub.context));
  }, 1_000);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** One beat of one peer: is it there, is it noted, is anything of it over? */
export function beat(hub: Hub, peer: Peer): void {
  peer.beats++;
  if (++peer.silentBeats > MAX_SILENT_BEATS) {
    if (peer.connection === undefined)
      losePeer(hub, peer, CloseCode.timeout).catch((error: unknown) =>
        hub.context.log.error({ err: error }, "a lost device could not be noted"),
      );
    else peer.connection.close(CloseCode.timeout, "silent");
    return;
  }
  void hub.note(peer);
  endOverdue(hub, peer);
  if (peer.beats % BEATS_PER_RECHECK === 0) run(hub, peer, () => recheck(hub, peer));
}

function endOverdue(hub: Hub, peer: Peer): void {
  const now = hub.context.now();
  for (const session of [...peer.sessions.values()]) {
    const expired = session.endsAt <= now;
    const stale = !session.started && ++session.pendingBeats > MAX_PENDING_BEATS;
    if (!expired && !stale) continue;
    const reason = expired ? "expired" : "not-started";
    if (peer.identity.role === "host") run(hub, peer, () => cutSession(hub, peer, session, reason));
    // Whoever of both has its beat first: a client that has forgotten a session hears no more of it.
    else if (peer.sessions.delete(session.id))
      hub.send(peer, { type: "session-ended", session: session.id, reason });
  }
}

/** What the programs of the matrix and who starts them say to each other. */
import type { PathWay } from "@wavry/rift-udp/paths";

/** What the gateway's program says of itself. */
export interface GatewayFacts {
  readonly issuer: string;
  readonly key: string;
  /** The sign-in of the account that owns all devices. */
  readonly token: string;
}

/** Where a peer finds its gateway. */
export interface Place extends GatewayFacts {
  readonly url: string;
}

/** A change of path of one side, milliseconds after the client's call to connect or, at a host, after the session was arranged. */
export interface Step {
  /** Undefined: none is left. */
  readonly way: PathWay | undefined;
  readonly kind: string | undefined;
  readonly remote: string | undefined;
  readonly atMillis: number;
}

/** How the client's call to connect went. */
export interface Connected {
  readonly session: string;
  /** From the call until input was acknowledged and a picture's bytes were there. */
  readonly upMillis: number;
  /** Of which until the gateway had granted the session. */
  readonly grantedMillis: number;
  /** Where the handshake was answered from. */
  readonly firstWay: PathWay;
}

/** One side of a session as it stands. */
export interface Standing {
  readonly isOpen: boolean;
  readonly steps: readonly Step[];
  /** Of the host: inputs that came. Of the client: updates that came. */
  readonly received: number;
  /** Of the client: the longest time without an update since it was asked to mark. */
  readonly longestGapMillis: number;
  /** How paths were found, in lines for people. */
  readonly report: readonly string[];
}

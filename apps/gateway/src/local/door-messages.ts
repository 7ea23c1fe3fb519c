import type { StoreOptions } from "../store/store.ts";

/** What the owner of a gateway's data folder may ask of the gateway that runs there. */
export type DoorRequest =
  | { readonly ask: "about" }
  /** A sign-in link for the local owner, which leads to a host. */
  | { readonly ask: "sign-in-link"; readonly hostId: string }
  /** A sign-in of this machine as a host of the local owner's. */
  | { readonly ask: "host-session"; readonly label: string };

/** The answers by their questions. */
export interface DoorAnswers {
  readonly about: {
    /** Where it listens. */
    readonly url: string;
    /** Its name in grants, and what it signs them with. */
    readonly issuer: string;
    readonly key: string;
  };
  readonly "sign-in-link": {
    readonly url: string;
    /** Milliseconds since 1970. */
    readonly expiresAt: number;
    /** That host is connected to the gateway. */
    readonly hostOnline: boolean;
  };
  readonly "host-session": { readonly token: string; readonly username: string };
}

/** One line of JSON. */
export type DoorAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** More than this is no question, and no answer. */
export const MAX_LINE_BYTES = 4_096;
/** What a socket's path has room for (sun_path, the shortest of the systems). */
const MAX_PATH_BYTES = 103;

/**
 * The socket of the gateway that runs on an embedded database; beside it, so that only who may read that reaches it.
 * Undefined for servers' databases, on Windows, and where the path is too long for a socket.
 */
export function doorFile(store: StoreOptions): string | undefined {
  if (store.kind !== "sqlite" || process.platform === "win32") return undefined;
  if (store.file === ":memory:") return undefined;
  const file = `${store.file}.door`;
  return Buffer.byteLength(file) <= MAX_PATH_BYTES ? file : undefined;
}

import type { IdentitySecrets } from "@wavry/rift-crypto";
import { MovedSecrets } from "@wavry/rift-udp/thread";
import type { ClientOptions, ClientPaths } from "./client-options.ts";
import type { ClientThreadSettings } from "./client-thread-messages.ts";

/** How a client in a thread of its own connects and shows. */
export interface ClientThreadOptions
  extends Omit<ClientOptions, "identity" | "suite" | "devices" | "view" | "prefer" | "paths"> {
  /** What the gateway says later comes by `tellPaths`. */
  readonly paths?: Omit<ClientPaths, "inbox"> | undefined;
  /** The folder of the list of paired devices, which the thread opens by itself; this user's if undefined. */
  readonly keyringDirectory?: string | undefined;
  /** Borrowed: the thread gets a copy. Undefined: the one of the folder's key file, which is made at its first use. */
  readonly identity?: IdentitySecrets | undefined;
}

/** What is sent to the thread, with copies of all that is secret. */
export function settingsOf(options: ClientThreadOptions): {
  settings: ClientThreadSettings;
  transfer: ArrayBuffer[];
} {
  const { identity, target, onEvent: _, signal: __, ...rest } = options;
  const moved = new MovedSecrets();
  const settings: ClientThreadSettings = {
    ...rest,
    target:
      target.type === "link"
        ? { ...target, link: { ...target.link, secret: moved.copy(target.link.secret) } }
        : target,
    secrets: identity && {
      identitySeed: moved.copy(identity.identitySeed),
      staticPrivate: moved.copy(identity.staticPrivate),
    },
  };
  return { settings, transfer: moved.transfer };
}

import { CloseCode, type ReachableHost, ReachableHostList } from "@wavry/signaling";
import { Compile } from "typebox/compile";
import { BackOff, type BackOffOptions } from "./back-off.ts";

/** How to watch. */
export interface WatchHostsOptions {
  /** The gateway's URL; the browser's cookie signs in. */
  readonly url: string | URL;
  /** At once, and whenever a host comes, goes or changes. */
  readonly onHosts: (hosts: readonly ReachableHost[]) => void;
  /** The sign-in has ended: nothing comes any more. */
  readonly onSignedOut?: () => void;
  readonly backOff?: BackOffOptions;
}

/** Hears which hosts the account may open sessions on, and comes back by itself after each loss. Until disposed. */
export function watchHosts(options: WatchHostsOptions): Disposable {
  const { onHosts, onSignedOut } = options;
  const url = new URL(options.url);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/api/v1/hosts/live`;
  url.search = "";
  url.hash = "";
  const backOff = new BackOff(options.backOff);
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  const open = (): void => {
    socket = new WebSocket(url);
    socket.onmessage = ({ data }) => {
      const list = readList(data);
      if (list === undefined || over) return;
      backOff.reset();
      onHosts(list.hosts);
    };
    // What failed is told by "close", which follows.
    socket.onerror = () => {};
    socket.onclose = ({ code }) => {
      if (over) return;
      if (code === CloseCode.signedOut) {
        over = true;
        onSignedOut?.();
      } else timer = setTimeout(open, backOff.next());
    };
  };
  open();
  return {
    [Symbol.dispose]() {
      over = true;
      clearTimeout(timer);
      socket?.close(CloseCode.done);
    },
  };
}

const check: { Check(value: unknown): boolean } = Compile(ReachableHostList);

function readList(data: unknown): ReachableHostList | undefined {
  try {
    const value: unknown = JSON.parse(String(data));
    return check.Check(value) ? (value as ReachableHostList) : undefined;
  } catch {
    return undefined;
  }
}

/** The few system calls of Linux that Node does not offer, through FFI; loaded on the first use. */
import { isMainThread } from "node:worker_threads";
import type { Micros } from "@wavry/rift-core";
import { Watch } from "./watch.ts";

const PROTOTYPES = {
  socket: "int socket(int domain, int type, int protocol)",
  bind: "int bind(int fd, const void *address, uint32_t length)",
  getsockname: "int getsockname(int fd, void *address, void *length)",
  getsockopt: "int getsockopt(int fd, int level, int option, void *value, void *length)",
  setsockopt: "int setsockopt(int fd, int level, int option, const void *value, uint32_t length)",
  sendto:
    "intptr_t sendto(int fd, const void *bytes, size_t length, int flags, const void *to, uint32_t toLength)",
  sendmsg: "intptr_t sendmsg(int fd, const void *message, int flags)",
  sendmmsg: "int sendmmsg(int fd, void *messages, unsigned int count, int flags)",
  recvmmsg: "int recvmmsg(int fd, void *messages, unsigned int count, int flags, void *timeout)",
  shutdown: "int shutdown(int fd, int how)",
  close: "int close(int fd)",
  read: "intptr_t read(int fd, void *buffer, size_t count)",
  clock_gettime: "int clock_gettime(int clock, void *time)",
  timerfd_create: "int timerfd_create(int clock, int flags)",
  timerfd_settime: "int timerfd_settime(int fd, int flags, const void *value, void *old)",
  inet_pton: "int inet_pton(int family, const char *text, void *bytes)",
} as const;

// biome-ignore lint/suspicious/noExplicitAny: a foreign function has no type of its own.
type Native = (...args: any[]) => number;

/** libc, and what is needed around it. */
export interface Libc {
  readonly call: Readonly<Record<keyof typeof PROTOTYPES, Native>>;
  /** `errno` of this thread's last call. */
  errno(): number;
  /** Where the bytes are in memory; they stay there as long as the array buffer is held. */
  addressOf(bytes: Uint8Array): number;
  /** Calls back whenever the descriptor is ready; by default it keeps the process running. */
  watch(fd: number, onReady: () => void, options?: { keepsAlive: boolean }): Watch;
}

/** Structures below are laid out for these: 64 bits, little-endian. */
const ARCHITECTURES: readonly string[] = ["x64", "arm64", "riscv64", "loong64"];

let loaded: Promise<Libc | undefined> | undefined;

/** Gives undefined, for ever, where any of it is missing. */
function loadLibc(): Promise<Libc | undefined> {
  loaded ??= load().catch(() => undefined);
  return loaded;
}

/**
 * What stands under a socket or timer: undefined stands for Node alone, also where there is nothing better. Without a
 * preference it is the best on the main thread, and Node alone in a worker: one that is terminated with such a
 * socket open may take the process with it (watch.ts).
 */
export async function chooseLibc(prefer: "best" | "plain" | undefined): Promise<Libc | undefined> {
  return (prefer ?? (isMainThread ? "best" : "plain")) === "best" ? await loadLibc() : undefined;
}

async function load(): Promise<Libc | undefined> {
  if (process.platform !== "linux" || !ARCHITECTURES.includes(process.arch)) return undefined;
  const { default: koffi } = await import("koffi");
  // Node has no way of its own to watch a descriptor, and koffi's is not documented yet.
  if (typeof koffi.node.poll !== "function") return undefined;
  // The program itself holds libc's names, whichever libc it is.
  const library = koffi.load(null);
  const call = {} as Record<keyof typeof PROTOTYPES, Native>;
  for (const name of Object.keys(PROTOTYPES) as (keyof typeof PROTOTYPES)[])
    call[name] = library.func(PROTOTYPES[name]);
  return {
    call,
    errno: () => koffi.errno(),
    addressOf: (bytes) => Number(koffi.address(bytes)),
    watch: (fd, onReady, options) => new Watch(koffi.node.poll, { fd, onReady, ...options }),
  };
}

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;

/** Reads the kernel's clocks without garbage. */
export class Clocks {
  readonly #libc: Libc;
  readonly #time = new Uint32Array(4);

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Time of day in microseconds; not monotonic. */
  realMicros(): Micros {
    return this.#read(CLOCK_REALTIME);
  }

  /** The same clock as `monotonicMicros`, with a fraction. */
  monotonicMicros(): Micros {
    return this.#read(CLOCK_MONOTONIC);
  }

  #read(clock: number): Micros {
    this.#libc.call.clock_gettime(clock, this.#time);
    return (this.#time[0]! + this.#time[1]! * 2 ** 32) * 1e6 + this.#time[2]! / 1e3;
  }
}

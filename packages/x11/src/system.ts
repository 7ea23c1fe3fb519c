/** Linux system calls that Node does not offer: blocking polls, event counters, scheduling. */
import koffi from "koffi";
import { bindLibrary, lazy, type Native } from "./library.ts";
import { X11Error } from "./x11-error.ts";

const LIBC_PROTOTYPES = {
  ppoll: "int ppoll(void *fds, unsigned long nfds, const void *timeout, const void *mask)",
  eventfd: "int eventfd(unsigned int initial, int flags)",
  read: "intptr_t read(int fd, void *buffer, size_t count)",
  write: "intptr_t write(int fd, const void *buffer, size_t count)",
  close: "int close(int fd)",
  prctl:
    "int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)",
  sched_setscheduler: "int sched_setscheduler(int pid, int policy, const void *param)",
  shmget: "int shmget(int key, size_t size, int flags)",
  shmat: "intptr_t shmat(int id, const void *address, int flags)",
  shmdt: "int shmdt(intptr_t address)",
  shmctl: "int shmctl(int id, int command, void *buffer)",
  memcpy: "void *memcpy(void *to, const void *from, size_t count)",
  free: "void free(void *address)",
} as const;

export const libc: () => Record<keyof typeof LIBC_PROTOTYPES, Native> = lazy(() =>
  bindLibrary("libc.so.6", "libc6", LIBC_PROTOTYPES),
);

const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;
const POLLIN = 1;
const PR_SET_TIMERSLACK = 29;
const SCHED_FIFO = 1;
const SCHED_RESET_ON_FORK = 0x40000000;

/** `errno` of the calling thread's last foreign call. */
export function lastErrno(): number {
  return koffi.errno();
}

/**
 * An event counter (eventfd(2)) by which one thread wakes another out of `Poll.wait`.
 * The thread that makes it owns and disposes it; others attach to its `fd`.
 */
export class WakeSignal implements Disposable {
  readonly fd: number;
  readonly #owned: boolean;
  readonly #counter = new Uint8Array(8);
  readonly #one = new Uint8Array(new BigUint64Array([1n]).buffer);
  #open = true;

  constructor(attachTo?: number) {
    this.#owned = attachTo === undefined;
    this.fd = attachTo ?? libc().eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (this.fd < 0) throw new X11Error("system", `eventfd failed (errno ${lastErrno()})`);
  }

  /** Wakes the waiting thread; never blocks. */
  signal(): void {
    if (this.#open) libc().write(this.fd, this.#one, 8);
  }

  /** Forgets the signals that came so far. */
  clear(): void {
    if (this.#open) libc().read(this.fd, this.#counter, 8);
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#owned) libc().close(this.fd);
  }
}

/** Waits until one of a fixed set of file descriptors is readable; blocks the calling thread. */
export class Poll {
  readonly #count: number;
  readonly #fds: Int32Array;
  readonly #events: Int16Array;
  readonly #timeout = new BigInt64Array(2);

  constructor(fds: readonly number[]) {
    this.#count = fds.length;
    this.#fds = new Int32Array(fds.length * 2);
    this.#events = new Int16Array(this.#fds.buffer);
    for (const [index, fd] of fds.entries()) {
      this.#fds[index * 2] = fd;
      this.#events[index * 4 + 2] = POLLIN;
    }
  }

  /**
   * Blocks for up to `timeoutMicros` (for ever if undefined).
   * Gives a bit map of the descriptors that are readable or broken, 0 at the timeout or a signal.
   */
  wait(timeoutMicros?: number): number {
    let timeout: BigInt64Array | null = null;
    if (timeoutMicros !== undefined) {
      const micros = Math.max(0, Math.floor(timeoutMicros));
      const seconds = Math.floor(micros / 1_000_000);
      this.#timeout[0] = BigInt(seconds);
      this.#timeout[1] = BigInt((micros - seconds * 1_000_000) * 1_000);
      timeout = this.#timeout;
    }
    if (libc().ppoll(this.#fds, this.#count, timeout, null) <= 0) return 0;
    let ready = 0;
    for (let index = 0; index < this.#count; index++)
      if (this.#events[index * 4 + 3] !== 0) ready |= 1 << index;
    return ready;
  }
}

/** Lets sleeps of the calling thread end within a microsecond or so of their time instead of 50 µs late. */
export function sharpenTimers(): void {
  libc().prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
}

/**
 * Puts the calling thread under SCHED_FIFO (lowest real-time priority; threads that it starts stay normal).
 * Gives false where that is not allowed (CAP_SYS_NICE or RLIMIT_RTPRIO is needed). The thread must never spin.
 */
export function raiseThreadPriority(): boolean {
  return libc().sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, new Int32Array([1])) === 0;
}

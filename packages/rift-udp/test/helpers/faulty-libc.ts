/** A kernel that refuses what it is told to refuse. */

import { type DatagramSocket, openSocket, type SocketOptions } from "../../src/index.ts";
import { chooseLibc, type Libc } from "../../src/linux/libc.ts";
import { LinuxSocket } from "../../src/linux/linux-socket.ts";

const SOL_UDP = 17;

/** What a call fails with (errno), from its arguments; undefined: it is let through. */
export interface Faults {
  readonly setsockopt?: (level: number) => number | undefined;
  readonly sendmsg?: () => number | undefined;
  readonly sendto?: () => number | undefined;
  readonly sendmmsg?: () => number | undefined;
  /** So many datagrams leave in one `sendmmsg` at most. */
  readonly maxMessages?: number;
}

function withFaults(libc: Libc, faults: Faults): Libc {
  let forced: number | undefined;
  const real = libc.call;
  const failing = (errno: number | undefined, call: () => number): number => {
    forced = errno;
    return errno === undefined ? call() : -1;
  };
  return {
    ...libc,
    call: {
      ...real,
      setsockopt: (...args) =>
        failing(faults.setsockopt?.(args[1]), () => real.setsockopt(...args)),
      sendmsg: (...args) => failing(faults.sendmsg?.(), () => real.sendmsg(...args)),
      sendmmsg: (fd, messages, count, flags) =>
        failing(faults.sendmmsg?.(), () =>
          real.sendmmsg(fd, messages, Math.min(count, faults.maxMessages ?? count), flags),
        ),
      sendto: (...args) => failing(faults.sendto?.(), () => real.sendto(...args)),
    },
    errno: () => forced ?? libc.errno(),
  };
}

/** Opens a socket over such a kernel; the best one where there is no FFI. */
export async function openFaulty(options: SocketOptions, faults: Faults): Promise<DatagramSocket> {
  const libc = await chooseLibc("best");
  if (libc === undefined) return await openSocket(options);
  return LinuxSocket.bind(withFaults(libc, faults), options.address ?? "::", options);
}

/** True for every n-th call. */
function every(n: number, errno: number): () => number | undefined {
  let calls = 0;
  return () => (++calls % n === 0 ? errno : undefined);
}

const EPERM = 1;
const EIO = 5;
const EINTR = 4;
const EAGAIN = 11;
const EINVAL = 22;
const ENOPROTOOPT = 92;

/** Kernels that lack or refuse something, by what is peculiar. */
export const FAULTY_KERNELS: Readonly<Record<string, () => Faults>> = {
  "a socket of a kernel without trains": () => ({
    setsockopt: (level) => (level === SOL_UDP ? ENOPROTOOPT : undefined),
  }),
  "a socket on a device that refuses trains": () => ({ sendmsg: () => EIO }),
  "a socket on a path that is too narrow for trains": () => ({ sendmsg: () => EINVAL }),
  "a socket whose buffer is full now and then": () => ({
    sendmsg: every(2, EAGAIN),
    sendto: every(3, EAGAIN),
    sendmmsg: every(2, EAGAIN),
    maxMessages: 3,
  }),
  "a socket that may not send to several peers in one call": () => ({ sendmmsg: () => EPERM }),
  "a socket that is interrupted by signals": () => ({
    sendmsg: every(2, EINTR),
    sendto: every(2, EINTR),
    sendmmsg: every(2, EINTR),
  }),
};

/** Linux error numbers that decide something here; the same on all architectures of `loadLibc`. */
export const Errno = {
  eperm: 1,
  eintr: 4,
  eio: 5,
  eagain: 11,
  eacces: 13,
  einval: 22,
  enosys: 38,
  emsgsize: 90,
  enoprotoopt: 92,
  eopnotsupp: 95,
  enobufs: 105,
} as const;

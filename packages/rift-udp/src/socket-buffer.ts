/** What is asked of the kernel, in bytes; it grants what `net.core.rmem_max` and `wmem_max` allow. */
export const SOCKET_BUFFER_BYTES: number = 4 << 20;

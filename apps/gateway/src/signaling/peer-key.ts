/** Names a host on the bus: there is one of each device. */
export function hostKey(wavryId: string): string {
  return `host:${wavryId}`;
}

/** Names a client program on the bus: a device may run several. */
export function clientKey(wavryId: string, instance: string): string {
  return `client:${wavryId}:${instance}`;
}

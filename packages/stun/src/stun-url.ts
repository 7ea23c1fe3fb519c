/** The port of STUN over UDP (RFC 8489 §18.6). */
export const STUN_PORT = 3478;

/** A server's name as it was given. */
export interface StunServerName {
  /** A DNS name or a numeric address, without brackets. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

const SHAPE = /^(?:stun:)?(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::(\d{1,5}))?$/;

/** "stun:host:port" (RFC 7064), also without scheme or port; undefined for anything else. */
export function parseStunUrl(text: string): StunServerName | undefined {
  const match = SHAPE.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? STUN_PORT : Number(match[3]);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** "stun:host:port"; `host` is a name or a numeric address, with or without brackets. */
export function formatStunUrl({ host, port }: StunServerName): string {
  return `stun:${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}`;
}

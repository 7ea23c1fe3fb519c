import "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { GatewayConfig } from "../gateway-config.ts";

/**
 * A cookie of the gateway's own: no script reads it, no other site's form sends it. Over https its name has the prefix
 * that keeps sister domains from setting it (RFC 6265bis §4.1.3.2).
 */
export class OwnCookie {
  readonly #secure: boolean;
  readonly #name: string;

  constructor(config: GatewayConfig, name: string) {
    this.#secure = config.publicUrl.protocol === "https:";
    this.#name = this.#secure ? `__Host-${name}` : name;
  }

  /** Undefined if the request has none. */
  read(request: FastifyRequest): string | undefined {
    return request.cookies[this.#name];
  }

  set(reply: FastifyReply, value: string, maxAgeSeconds: number): void {
    reply.setCookie(this.#name, value, { ...this.#options(), maxAge: maxAgeSeconds });
  }

  clear(reply: FastifyReply): void {
    reply.clearCookie(this.#name, this.#options());
  }

  #options() {
    return { path: "/", httpOnly: true, sameSite: "lax", secure: this.#secure } as const;
  }
}

/** The cookie that a browser's session token is in: `__Host-wavry_session`, without https `wavry_session`. */
export function sessionCookie(config: GatewayConfig): OwnCookie {
  return new OwnCookie(config, "wavry_session");
}

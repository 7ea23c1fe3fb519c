import {
  createWebCertificate,
  type Limits,
  WebTransportServer,
  type WebTransportSession,
} from "../../src/index.ts";

/** A server for `https://good.example`, and the sessions that it got. */
export interface TestServer extends AsyncDisposable {
  readonly server: WebTransportServer;
  readonly port: number;
  readonly sessions: WebTransportSession[];
}

export async function serve(
  options: { limits?: Partial<Limits>; onSession?: (session: WebTransportSession) => void } = {},
): Promise<TestServer> {
  const sessions: WebTransportSession[] = [];
  const server = await WebTransportServer.listen({
    address: "127.0.0.1",
    certificate: createWebCertificate(),
    allowOrigin: (origin) => origin === "https://good.example",
    onSession(session) {
      sessions.push(session);
      options.onSession?.(session);
    },
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  return {
    ...{ server, sessions, port: server.address.port },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/**
 * What the gateway is compared with: Fastify with @fastify/websocket, a WebSocket that echoes, a health route, and one that
 * does nothing but the Argon2id of a login. As a helper process, or with a port as its argument alone.
 */
import { argon2, randomBytes } from "node:crypto";
import { enableCompileCache } from "node:module";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";

enableCompileCache();
const { default: Fastify } = await import("fastify");
const { default: websocket } = await import("@fastify/websocket");

/** As the gateway's (apps/gateway/src/accounts/password-hash.ts). */
const COST = { parallelism: 1, tagLength: 32, memory: 19_456, passes: 2 };

const argon2Async = promisify(argon2);
const app = Fastify();
await app.register(websocket);
app.get("/ws", { websocket: true }, (socket) => {
  socket.on("message", (data, binary) => socket.send(data, { binary }));
});
app.get("/health", async () => ({ status: "ok" }));
app.post<{ Body: { password: string } }>("/api/v1/sessions", async ({ body }) => {
  const { password: message } = body;
  await argon2Async("argon2id", { ...COST, message, nonce: randomBytes(16) });
  return { status: "signed-in" };
});
const port = Number(process.argv[2] ?? 0);
await app.listen({ host: "127.0.0.1", port });

if (port === 0) {
  const { answer } = await import("./control.ts");
  const { settledMemory } = await import("./memory.ts");
  await answer(
    {
      start: () => `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
      memory: settledMemory,
    },
    () => {
      for (const socket of app.websocketServer.clients) socket.terminate();
      return app.close();
    },
  );
}

/** Serves a page that sends datagrams over WebTransport and shows how long each takes to come back. */
import { createServer } from "node:http";
import { createWebCertificate, WebTransportServer } from "@wavry/web-transport";

const PORT = Number(process.env.PORT ?? 8080);

const certificate = createWebCertificate();
const page = createServer((_request, response) => {
  response.setHeader("content-type", "text/html; charset=utf-8").end(html);
});
await new Promise<void>((resolve) => page.listen(PORT, "localhost", resolve));
// Browsers offer WebTransport on https and on localhost alone.
const { port } = page.address() as { port: number };
const origin = `http://localhost:${port}`;

const server = await WebTransportServer.listen({
  certificate,
  allowOrigin: (candidate) => candidate === origin,
  onSession(session) {
    session.onDatagram = (bytes) => session.sendDatagram(bytes);
    session.onBidi = ({ readable, writable }) => {
      readable.onData = (bytes) => writable.write(bytes);
      void readable.closed.then(() => writable.end());
    };
    void session.closed.then(({ code, by }) => console.error(`closed by ${by}: ${code}`));
  },
});

const html = `<!doctype html>
<title>WebTransport echo</title>
<p id="out">connecting …</p>
<script type="module">
  const out = document.getElementById("out");
  const transport = new WebTransport("https://127.0.0.1:${server.address.port}/wavry", {
    serverCertificateHashes: [
      { algorithm: "sha-256", value: Uint8Array.from(${JSON.stringify([...certificate.sha256])}) },
    ],
  });
  await transport.ready;
  const writer = transport.datagrams.writable.getWriter();
  const reader = transport.datagrams.readable.getReader();
  for (;;) {
    const sentAt = performance.now();
    await writer.write(new Uint8Array(100));
    await reader.read();
    out.textContent = "echo after " + (performance.now() - sentAt).toFixed(2) + " ms";
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
</script>`;

console.log(`open ${origin}`);
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, async () => {
    page.close();
    page.closeAllConnections();
    await server.close();
  });

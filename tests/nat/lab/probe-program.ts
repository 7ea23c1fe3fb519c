/**
 * A program for inside a namespace: opens UDP sockets, sends and reports what arrives, and tries TCP, as it is told on
 * stdin. One JSON value a line both ways; `probe.ts` is its other end.
 */
import { createSocket, type Socket } from "node:dgram";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import type { Endpoint, ProbeEvent, ProbeOrder } from "./probe-words.ts";

const sockets: Socket[] = [];

function say(event: ProbeEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function openUdp(order: number, local: Endpoint): void {
  const socket = createSocket(local.address.includes(":") ? "udp6" : "udp4");
  socket.on("message", (bytes, { address, port }) =>
    say({ event: "got", socket: order, from: { address, port }, text: bytes.toString() }),
  );
  socket.on("error", (error) => say({ event: "failed", order, why: error.message }));
  socket.bind(local.port, local.address, () => {
    sockets[order] = socket;
    say({ event: "done", order, port: socket.address().port });
  });
}

function listenTcp(order: number, { address, port }: Endpoint): void {
  const server = createServer((connection) => {
    connection.on("error", () => {});
    connection.end();
  });
  server.on("error", (error) => say({ event: "failed", order, why: error.message }));
  server.listen(port, address, () => say({ event: "done", order, port }));
}

function connectTcp(order: number, { address, port }: Endpoint, patienceMs: number): void {
  const connection = connect({ host: address, port, timeout: patienceMs });
  const fail = (why: string): void => {
    connection.destroy();
    say({ event: "failed", order, why });
  };
  connection.on("timeout", () => fail("no answer"));
  connection.on("error", (error) => fail(error.message));
  connection.on("connect", () => {
    connection.removeAllListeners("timeout").end();
    say({ event: "done", order, port: connection.localPort ?? 0 });
  });
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const order = JSON.parse(line) as ProbeOrder;
    if (order.do === "open") openUdp(order.order, order.local);
    else if (order.do === "listen") listenTcp(order.order, order.local);
    else if (order.do === "connect") connectTcp(order.order, order.to, order.patienceMs);
    // What cannot be sent, say for want of a route, is as good as lost.
    else sockets[order.socket]?.send(order.text, order.to.port, order.to.address, () => {});
  })
  // Whoever gave orders is gone.
  .on("close", () => process.exit());

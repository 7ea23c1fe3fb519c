import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { StunSocket } from "../../src/node/index.ts";

/** Prints its candidates. In a process of its own, which is killed: nothing has to wait for the library's threads. */
const AGENT = `
  import { PeerConnection } from "node-datachannel";
  const peer = new PeerConnection("stun", { iceServers: [process.argv[1]] });
  peer.onLocalCandidate((candidate) => console.log(candidate));
  const channel = peer.createDataChannel("any");
  // What nobody holds is collected, and ends.
  setInterval(() => [peer.state(), channel.isOpen()], 1_000);
`;
const DEADLINE_MS = 60_000;

test("a WebRTC agent gathers a reflexive candidate from this server", async () => {
  await using socket = await StunSocket.open({ listen: [{ address: "127.0.0.1", port: 0 }] });
  const url = `stun:127.0.0.1:${socket.addresses[0]!.port}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", AGENT, url], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const tooLong = setTimeout(() => child.kill("SIGKILL"), DEADLINE_MS);
  try {
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      said.push(line);
      if (line.includes(" typ srflx")) break;
    }
    assert.match(said.at(-1) ?? "nothing", /127\.0\.0\.1 \d+ typ srflx/, said.join("\n"));
    assert.ok(socket.counters.answered > 0);
  } finally {
    clearTimeout(tooLong);
    child.kill("SIGKILL");
    await exited;
  }
});

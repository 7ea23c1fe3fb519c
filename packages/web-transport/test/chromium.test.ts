import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import {
  createWebCertificate,
  type ListenOptions,
  WebTransportServer,
  type WebTransportSession,
} from "../src/index.ts";
import { type BrowserPage, openBrowserPage } from "./helpers/browser.ts";

let browser: BrowserPage;
before(async () => {
  browser = await openBrowserPage();
});
after(async () => {
  await browser[Symbol.asyncDispose]();
});

const certificate = createWebCertificate();

/** A server for the page, and what the page is told of it. */
async function serve(
  onSession: (session: WebTransportSession) => void,
  options: Partial<ListenOptions> = {},
) {
  const server = await WebTransportServer.listen({
    ...{ address: "127.0.0.1", certificate, onSession },
    allowOrigin: (origin) => origin === browser.origin,
    ...options,
  });
  const target = { port: server.address.port, certificate };
  return { server, target, [Symbol.asyncDispose]: () => server.close() };
}

const echo = (session: WebTransportSession): void => {
  session.onDatagram = (bytes) => session.sendDatagram(bytes);
};

test("datagrams of 1200 bytes go both ways", async () => {
  let room = 0;
  await using host = await serve((session) => {
    session.onDatagram = (bytes) => {
      room = session.maxDatagramBytes;
      session.sendDatagram(bytes);
    };
  });
  const [length, last, max] = await browser.run<number[]>(
    host.target,
    `const transport = await open(to);
    const writer = transport.datagrams.writable.getWriter();
    const bytes = new Uint8Array(1200);
    bytes[1199] = 7;
    await writer.write(bytes);
    const back = await first(transport.datagrams.readable);
    transport.close();
    return [back.length, back[1199], transport.datagrams.maxDatagramSize];`,
  );
  assert.deepEqual([length, last], [1200, 7]);
  assert.ok(max! >= 1200, `the browser sends ${max} bytes`);
  assert.ok(room >= 1200, `the server sends ${room} bytes`);
});

test("what the page says at close reaches the server, and the other way round", async () => {
  const sessions: WebTransportSession[] = [];
  await using host = await serve((session) => sessions.push(session));
  await browser.run(host.target, `(await open(to)).close({ closeCode: 41, reason: "bye, ß" });`);
  assert.deepEqual(await sessions[0]!.closed, { code: 41, reason: "bye, ß", by: "peer" });
  const closed = browser.run(
    host.target,
    `const { closeCode, reason } = await (await open(to)).closed;
    return { closeCode, reason };`,
  );
  while (sessions.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  sessions[1]!.close(4_000_000_000, "ende ✓");
  assert.deepEqual(await closed, { closeCode: 4_000_000_000, reason: "ende ✓" });
});

test("closing the server tells the page", async () => {
  const opened = Promise.withResolvers<void>();
  await using host = await serve((session) => {
    session.onDatagram = () => opened.resolve();
  });
  const closed = browser.run(
    host.target,
    `const transport = await open(to);
    await transport.datagrams.writable.getWriter().write(Uint8Array.of(1));
    return (await transport.closed).closeCode;`,
  );
  await opened.promise;
  await host.server.close();
  assert.equal(await closed, 0);
});

test("another origin and another path get no session", async () => {
  let asked = "";
  await using host = await serve(() => assert.fail("a session"), {
    allowOrigin(origin) {
      asked = origin;
      return false;
    },
  });
  const wants = "return await failure(open(to));";
  assert.equal((await browser.run<Error>(host.target, wants))?.name, "WebTransportError");
  assert.equal(asked, browser.origin);
  const other = { ...host.target, path: "/other" };
  assert.equal((await browser.run<Error>(other, wants))?.name, "WebTransportError");
  assert.equal(host.server.counters.refusedOrigin, 1);
  assert.equal(host.server.counters.refusedPath, 1);
});

test("streams of the server in one direction carry their bytes and end", async () => {
  await using host = await serve((session) => {
    const stream = session.openUni()!;
    stream.write(Uint8Array.of(1, 2));
    stream.end(Uint8Array.of(3));
  });
  const got = await browser.run(
    host.target,
    `const transport = await open(to);
    return [...await readAll(await first(transport.incomingUnidirectionalStreams))];`,
  );
  assert.deepEqual(got, [1, 2, 3]);
});

test("streams of both sides in both directions echo", async () => {
  await using host = await serve((session) => {
    session.onBidi = ({ readable, writable }) => {
      readable.onData = (bytes) => writable.write(bytes);
      void readable.closed.then(() => writable.end());
    };
    const own = session.openBidi()!;
    own.readable.onData = (bytes) => own.writable.end(bytes.map((byte) => byte + 1));
  });
  const got = await browser.run(
    host.target,
    `const transport = await open(to);
    const own = await transport.createBidirectionalStream();
    await writeAll(own.writable, Uint8Array.of(1, 2));
    const theirs = await first(transport.incomingBidirectionalStreams);
    const writer = theirs.writable.getWriter();
    await writer.write(Uint8Array.of(10, 20));
    return [[...await readAll(own.readable)], [...await readAll(theirs.readable)]];`,
  );
  assert.deepEqual(got, [
    [1, 2],
    [11, 21],
  ]);
});

test("8 MB flow to the page and back, while either side holds only its buffers", async () => {
  const BYTES = 8 << 20;
  let most = 0;
  let received = 0;
  const done = Promise.withResolvers<void>();
  await using host = await serve((session) => {
    session.onUni = (stream) => {
      stream.onData = (bytes) => {
        received += bytes.length;
        stream.pause();
        setImmediate(() => stream.resume());
      };
      void stream.closed.then(() => done.resolve());
    };
    void (async () => {
      const stream = session.openUni()!;
      for (let sent = 0; sent < BYTES; sent += 65_536) {
        while (!stream.write(new Uint8Array(65_536))) await stream.drained();
        most = Math.max(most, stream.bufferedBytes);
      }
      while (!stream.end()) await stream.drained();
    })();
  });
  const got = await browser.run(
    host.target,
    `const transport = await open(to);
    const bytes = await readAll(await first(transport.incomingUnidirectionalStreams));
    await writeAll(await transport.createUnidirectionalStream(), bytes);
    return bytes.length;`,
  );
  assert.equal(got, BYTES);
  await done.promise;
  assert.equal(received, BYTES);
  assert.ok(most > 0 && most <= 1 << 20, `${most} bytes waited`);
});

test("a stream that the server resets fails in the page with the code", async () => {
  await using host = await serve((session) => {
    const stream = session.openUni()!;
    stream.write(Uint8Array.of(1));
    setTimeout(() => stream.reset(40), 50);
  });
  const got = await browser.run(
    host.target,
    `const transport = await open(to);
    const stream = await first(transport.incomingUnidirectionalStreams);
    return await failure(readAll(stream));`,
  );
  assert.deepEqual(got, { name: "WebTransportError", source: "stream", code: 40 });
});

test("a stream that the page aborts or cancels ends with the page's code", async () => {
  const ends: Promise<unknown>[] = [];
  await using host = await serve((session) => {
    session.onUni = (stream) => {
      stream.onData = () => {};
      ends.push(stream.closed);
    };
    const stream = session.openUni()!;
    ends.push(stream.closed);
    stream.write(new Uint8Array(900_000));
  });
  await browser.run(
    host.target,
    `const transport = await open(to);
    const writer = (await transport.createUnidirectionalStream()).getWriter();
    await writer.write(Uint8Array.of(1));
    await writer.abort(new WebTransportError({ streamErrorCode: 30 }));
    const stream = await first(transport.incomingUnidirectionalStreams);
    await stream.cancel(new WebTransportError({ streamErrorCode: 31 }));
    await new Promise((resolve) => setTimeout(resolve, 100));`,
  );
  const all = await Promise.all(ends);
  assert.deepEqual(all, [
    { reason: "stopped", code: 31 },
    { reason: "reset", code: 30 },
  ]);
});

test("the server stops a stream of the page with a code", async () => {
  await using host = await serve((session) => {
    session.onUni = (stream) => {
      stream.onData = () => stream.stop(77);
    };
  });
  const got = await browser.run(
    host.target,
    `const transport = await open(to);
    const writer = (await transport.createUnidirectionalStream()).getWriter();
    await writer.write(Uint8Array.of(1));
    return await failure(writer.closed);`,
  );
  assert.deepEqual(got, { name: "WebTransportError", source: "stream", code: 77 });
});

test("streams of a smaller order arrive first", async () => {
  await using host = await serve((session) => {
    for (const order of [200, 100, 5]) {
      const stream = session.openUni({ order })!;
      const bytes = new Uint8Array(300_000).fill(order);
      stream.end(bytes);
    }
  });
  const got = await browser.run(
    host.target,
    `const transport = await open(to);
    const reader = transport.incomingUnidirectionalStreams.getReader();
    const ended = [];
    const all = [];
    for (let n = 0; n < 3; n++) {
      const { value } = await reader.read();
      all.push(readAll(value).then((bytes) => ended.push(bytes[0])));
    }
    await Promise.all(all);
    return ended;`,
  );
  assert.deepEqual(got, [5, 100, 200]);
});

test("the page's allowance of streams shows", async () => {
  const opened = Promise.withResolvers<number>();
  await using host = await serve((session) => {
    let count = 0;
    while (session.openUni() !== undefined) count++;
    opened.resolve(count);
  });
  await browser.run(host.target, "await open(to);");
  const count = await opened.promise;
  assert.ok(count >= 50 && count < 1000, `${count} streams`);
});

test("a session outlives the certificate it began with; new ones see the next", async () => {
  const next = createWebCertificate();
  await using host = await serve(echo);
  const before = browser.run<number[]>(
    host.target,
    `window.kept = await open(to);
    return [];`,
  );
  await before;
  host.server.rotateCertificate(next);
  const got = await browser.run<number[]>(
    { ...host.target, certificate: next },
    `const fresh = await open(to);
    const answers = [];
    for (const transport of [window.kept, fresh]) {
      await transport.datagrams.writable.getWriter().write(Uint8Array.of(answers.length));
      answers.push((await first(transport.datagrams.readable))[0]);
    }
    return answers;`,
  );
  assert.deepEqual(got, [0, 1]);
  const old = await browser.run<Error | null>(host.target, "return await failure(open(to));");
  assert.equal(old?.name, "WebTransportError");
});

test("a session over which nothing is said stays open", async () => {
  // The browser takes a second less than the server says.
  await using host = await serve(echo, { limits: { idleMillis: 2500, keepAliveMillis: 500 } });
  const got = await browser.run(
    host.target,
    `const transport = await open(to);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    await transport.datagrams.writable.getWriter().write(Uint8Array.of(9));
    return [...await first(transport.datagrams.readable)];`,
  );
  assert.deepEqual(got, [9]);
});

test("the example runs, and ends when it is told to", async () => {
  const script = new URL("../example/echo.ts", import.meta.url).pathname;
  const example = spawn(process.execPath, [script], {
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(example, "exit");
  const [line] = (await once(example.stdout, "data")) as [Buffer];
  const page = await browser.browser.newPage();
  await page.goto(line.toString().replace("open ", "").trim());
  await page.getByText("echo after").waitFor();
  await page.close();
  example.kill("SIGTERM");
  assert.deepEqual(await exited, [0, null]);
});

// Runs in the page of browser.ts.

/** Opens a session; `ready` is waited for. */
// biome-ignore lint/correctness/noUnusedVariables: used by the tests
async function open({ url, hash }) {
  const transport = new WebTransport(url, {
    serverCertificateHashes: [{ algorithm: "sha-256", value: Uint8Array.from(hash) }],
  });
  transport.closed.catch(() => {});
  await transport.ready;
  return transport;
}

/** All bytes of a stream. */
// biome-ignore lint/correctness/noUnusedVariables: used by the tests
async function readAll(readable) {
  const bytes = [];
  for await (const chunk of readable) bytes.push(chunk);
  return new Uint8Array(await new Blob(bytes).arrayBuffer());
}

/** The first of what a stream of streams or datagrams brings. */
// biome-ignore lint/correctness/noUnusedVariables: used by the tests
async function first(readable) {
  const reader = readable.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return value;
}

/** Writes bytes and the end. */
// biome-ignore lint/correctness/noUnusedVariables: used by the tests
async function writeAll(writable, bytes) {
  const writer = writable.getWriter();
  await writer.write(bytes);
  await writer.close();
}

/** What the promise was rejected with. */
// biome-ignore lint/correctness/noUnusedVariables: used by the tests
async function failure(promise) {
  try {
    await promise;
    return null;
  } catch (error) {
    return { name: error.name, source: error.source, code: error.streamErrorCode };
  }
}

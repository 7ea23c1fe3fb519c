// Runs in the page of real-browser.test.ts: pipes between the test's RIFT client and what the browser has opened.

const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));
const toBytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

globalThis.pipe = { send: () => {}, closed: undefined };

/** Opens WebTransport as the host has said. */
globalThis.openWebTransport = async ({ addresses, port, path, certificates }) => {
  const transport = new WebTransport(`https://${addresses[0]}:${port}${path}`, {
    serverCertificateHashes: certificates.map((text) => ({
      algorithm: "sha-256",
      value: toBytes(text.replaceAll("-", "+").replaceAll("_", "/")),
    })),
  });
  transport.closed.then(
    ({ closeCode }) => {
      globalThis.pipe.closed = closeCode;
    },
    () => {
      globalThis.pipe.closed = "lost";
    },
  );
  await transport.ready;
  const writer = transport.datagrams.writable.getWriter();
  globalThis.pipe.send = (text) => void writer.write(toBytes(text)).catch(() => {});
  (async () => {
    for await (const datagram of transport.datagrams.readable)
      globalThis.fromHost(toBase64(datagram));
  })().catch(() => {});
};

/** Answers the host's WebRTC offer; gives the answer. Candidates go to `globalThis.tellHost`. */
globalThis.answerWebRtc = async (sdp) => {
  const peer = new RTCPeerConnection();
  globalThis.peer = peer;
  peer.onicecandidate = ({ candidate }) => {
    if (candidate?.candidate) globalThis.tellHost(candidate.candidate, candidate.sdpMid);
  };
  peer.ontrack = ({ track }) => {
    const video = document.createElement("video");
    video.muted = true;
    video.autoplay = true;
    video.srcObject = new MediaStream([track]);
    document.body.append(video);
    globalThis.video = video;
  };
  peer.ondatachannel = ({ channel }) => {
    channel.binaryType = "arraybuffer";
    channel.onmessage = ({ data }) => globalThis.fromHost(toBase64(new Uint8Array(data)));
    channel.onclose = () => {
      globalThis.pipe.closed = "channel";
    };
    globalThis.pipe.send = (text) => {
      if (channel.readyState === "open") channel.send(toBytes(text));
    };
  };
  await peer.setRemoteDescription({ type: "offer", sdp });
  await peer.setLocalDescription();
  return peer.localDescription.sdp;
};

/** The host is there, too. */
globalThis.addCandidate = (candidate, sdpMid) =>
  globalThis.peer.addIceCandidate({ candidate, sdpMid });

/** Pictures that the track has shown, and their size. */
globalThis.shown = () => ({
  frames: globalThis.video?.getVideoPlaybackQuality().totalVideoFrames ?? 0,
  width: globalThis.video?.videoWidth ?? 0,
});

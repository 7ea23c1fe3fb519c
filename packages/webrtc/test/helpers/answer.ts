/** The certificate's fingerprint in `ANSWER_LINES`. */
export const FINGERPRINT: string = Array.from({ length: 32 }, (_, index) =>
  (index + 160).toString(16).toUpperCase(),
).join(":");

/** An answer in the form that Chromium gives it, to an offer with the sections "video" and "data". */
export const ANSWER_LINES: readonly string[] = [
  "v=0",
  "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "a=group:BUNDLE video data",
  "a=extmap-allow-mixed",
  "a=msid-semantic: WMS",
  "m=video 9 UDP/TLS/RTP/SAVPF 102",
  "c=IN IP4 0.0.0.0",
  "a=rtcp:9 IN IP4 0.0.0.0",
  "a=candidate:1 1 udp 2113937151 192.0.2.7 50000 typ host",
  "a=ice-ufrag:EsAw",
  "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
  "a=ice-options:trickle",
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  "a=setup:active",
  "a=mid:video",
  "a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
  "a=recvonly",
  "a=rtcp-mux",
  "a=rtcp-rsize",
  "a=rtpmap:102 H264/90000",
  "a=rtcp-fb:102 goog-remb",
  "a=rtcp-fb:102 nack",
  "a=rtcp-fb:102 nack pli",
  "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
  "a=x-unknown:of no use",
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
  "c=IN IP4 0.0.0.0",
  "a=ice-ufrag:EsAw",
  "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  "a=setup:active",
  "a=mid:data",
  "a=sctp-port:5000",
  "a=max-message-size:262144",
  "",
];

/** An answer of somebody who is not there, to a peer with video and datagrams. */
export const ABSENT_ANSWER: string = ANSWER_LINES.filter((line) => !line.includes("candidate"))
  .map((line) => line.replace(/\bdata\b/, "0"))
  .join("\r\n");

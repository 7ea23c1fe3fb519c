// Runs in the page: the browser's end of a connection, for the tests to drive.
globalThis.wavryViewer = {
  channels: {},
  received: { rift: [], control: [] },

  /** Answers an offer; candidates go to the test by `wavryCandidate`. */
  async answer(offer, iceServers, iceTransportPolicy) {
    const connection = new RTCPeerConnection({ iceServers, iceTransportPolicy });
    this.connection = connection;
    this.video = document.createElement("video");
    this.video.muted = true;
    document.body.append(this.video);
    connection.onicecandidate = ({ candidate }) => {
      if (candidate !== null)
        globalThis.wavryCandidate(candidate.candidate, candidate.sdpMid ?? "");
    };
    connection.ondatachannel = ({ channel }) => {
      channel.binaryType = "arraybuffer";
      channel.onmessage = ({ data }) =>
        this.received[channel.label].push([...new Uint8Array(data)]);
      this.channels[channel.label] = channel;
    };
    connection.ontrack = ({ track, receiver }) => {
      receiver.jitterBufferTarget = 0;
      if (track.kind !== "video") return;
      this.video.srcObject = new MediaStream([track]);
      this.video.play().catch(() => {});
    };
    await connection.setRemoteDescription({ type: "offer", sdp: offer });
    await connection.setLocalDescription();
    return connection.localDescription.sdp;
  },

  addCandidate(candidate, sdpMid) {
    return this.connection.addIceCandidate({ candidate, sdpMid });
  },

  send(label, bytes) {
    this.channels[label].send(Uint8Array.from(bytes));
  },

  channel(label) {
    const { ordered, maxRetransmits, readyState } = this.channels[label] ?? {};
    return { ordered, maxRetransmits, readyState };
  },

  /** Size of the picture that is shown, and the colours at these places (0..1). */
  picture(places) {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (width === 0) return { width, height, colours: [] };
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(this.video, 0, 0);
    const colours = places.map(([x, y]) => {
      const pixel = context.getImageData(Math.floor(x * width), Math.floor(y * height), 1, 1).data;
      return [...pixel].slice(0, 3);
    });
    return { width, height, colours };
  },

  /** Selected reports of the connection. */
  async report() {
    const stats = [...(await this.connection.getStats()).values()];
    const find = (type, kind) =>
      stats.find((entry) => entry.type === type && (kind === undefined || entry.kind === kind));
    const pair = stats.find(
      (entry) => entry.type === "candidate-pair" && entry.nominated && entry.state === "succeeded",
    );
    const byId = (id) => stats.find((entry) => entry.id === id);
    const video = find("inbound-rtp", "video");
    return {
      video,
      audio: find("inbound-rtp", "audio"),
      codec: byId(video?.codecId)?.mimeType,
      localType: byId(pair?.localCandidateId)?.candidateType,
      remoteType: byId(pair?.remoteCandidateId)?.candidateType,
    };
  },
};

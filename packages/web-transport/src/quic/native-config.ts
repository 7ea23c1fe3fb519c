import type { WebCertificate } from "../certificate/web-certificate.ts";
import { WebTransportError } from "../error.ts";
import type { Limits } from "../limits.ts";
import { CongestionControl, type Native, type NativeConfig } from "./binding.ts";

/** What one UDP datagram holds at most; every path that carries Ethernet frames takes it. */
export const MAX_PACKET_BYTES = 1350;
const MAX_RECEIVED_BYTES = 1500;
const ACK_DELAY_MILLIS = 5;
/** Connection IDs of the peer that are kept, for its changes of path. */
const CONNECTION_IDS = 4;

/** Settings for new connections. Throws WebTransportError "bad-certificate". */
export function createConfig(
  native: Native,
  certificate: WebCertificate,
  limits: Limits,
): NativeConfig {
  const encoder = new TextEncoder();
  let config: NativeConfig;
  try {
    config = native.Config.withBoringSslCtx(
      ...([false, false, null] as const),
      [encoder.encode(certificate.keyPem)],
      [encoder.encode(certificate.certificatePem)],
      null,
    );
  } catch {
    // The library's message may quote the key.
    throw new WebTransportError("bad-certificate", "the certificate or its key cannot be read");
  }
  config.setApplicationProtos(["h3"]);
  config.grease(true);
  config.setMaxIdleTimeout(limits.idleMillis);
  config.setMaxRecvUdpPayloadSize(MAX_RECEIVED_BYTES);
  config.setMaxSendUdpPayloadSize(MAX_PACKET_BYTES);
  config.setInitialMaxData(limits.connectionReceiveBytes);
  config.setMaxConnectionWindow(limits.connectionReceiveBytes);
  config.setInitialMaxStreamDataBidiLocal(limits.receiveBufferBytes);
  config.setInitialMaxStreamDataBidiRemote(limits.receiveBufferBytes);
  config.setInitialMaxStreamDataUni(limits.receiveBufferBytes);
  config.setMaxStreamWindow(limits.receiveBufferBytes);
  // Besides those of sessions: one for each CONNECT, and the three of HTTP/3.
  config.setInitialMaxStreamsBidi(limits.streams + limits.sessionsPerConnection);
  config.setInitialMaxStreamsUni(limits.streams + 3);
  config.setActiveConnectionIdLimit(CONNECTION_IDS);
  config.setDisableActiveMigration(false);
  config.setMaxAckDelay(ACK_DELAY_MILLIS);
  // It does not take each loss for congestion: through bursts of loss CUBIC lets a third of the datagrams wait for its window.
  config.setCcAlgorithm(CongestionControl.bbr);
  config.enableHystart(true);
  // The times at which quiche would like packets to leave do not come through the add-on; the congestion window bounds bursts.
  config.enablePacing(false);
  config.enableDgram(true, limits.datagramQueue, limits.datagramQueue);
  return config;
}

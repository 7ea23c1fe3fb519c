import { GatewayClient, openIdentity, SignalingSocket, WavryScreen } from "./wavry/wavry-screen.js";

const share = location.hash.slice(1);
const screen = document.querySelector("wavry-screen");
screen.addEventListener("statechange", ({ detail }) => show(detail.state));
screen.addEventListener("ended", ({ detail }) => show(detail.message));

WavryScreen.prepare();
const gateway = new GatewayClient({ url: location.origin });
const [identity] = await Promise.all([openIdentity(), gateway.document()]);
const socket = new SignalingSocket({
  ...{ url: gateway.url, issuer: gateway.issuer, device: identity, role: "client" },
  credentials: { kind: "guest", share, name: "Visitor" },
  runningSessions: () => (screen.sessionId === undefined ? [] : [screen.sessionId]),
});
await screen.connect({ socket, identity, share, deviceName: "Visitor" }).catch(show);

function show(what) {
  document.querySelector("[role=status]").textContent = what.message ?? what;
}

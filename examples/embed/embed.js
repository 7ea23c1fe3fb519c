import { GatewayClient, openIdentity, SignalingSocket } from "./wavry/wavry-screen.js";

const share = location.hash.slice(1);
const screen = document.querySelector("wavry-screen");
screen.addEventListener("statechange", ({ detail }) => show(detail.state));
screen.addEventListener("ended", ({ detail }) => show(detail.message));

const gateway = new GatewayClient({ url: location.origin });
await gateway.document();
const identity = await openIdentity();
const socket = new SignalingSocket({
  ...{ url: gateway.url, issuer: gateway.issuer, device: identity, role: "client" },
  credentials: { kind: "guest", share, name: "Visitor" },
  runningSessions: () => (screen.sessionId === undefined ? [] : [screen.sessionId]),
});
await screen.connect({ socket, identity, share, deviceName: "Visitor" }).catch(show);

function show(what) {
  document.querySelector("[role=status]").textContent = what.message ?? what;
}

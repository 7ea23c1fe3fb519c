/** Opens a laboratory, prints the pids of everything in it, and waits to be killed: for the test of what is left. */
import { NatLab } from "./nat-lab.ts";
import { runIn } from "./run-in.ts";

const lab = await NatLab.open();
const site = await lab.openSite("port-restricted");
const namespaces = [lab.server, ...site.machines.map(({ namespace }) => namespace)];
const programs = namespaces.map((namespace) => runIn(namespace, "sleep", ["1000"]));
const pids = [...namespaces.map(({ pid }) => pid), ...programs.map(({ child }) => child.pid)];
console.log(JSON.stringify(pids));
setInterval(() => {}, 1_000_000);

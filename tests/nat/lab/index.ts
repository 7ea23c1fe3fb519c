/** A laboratory of NATs on one machine; README.md is in the folder above. */
export { type PublicAddresses, SERVER_ADDRESSES } from "./internet.ts";
export { SITE_KIND_NAMES, SITE_KINDS, type SiteKind, type SiteShape } from "./kinds.ts";
export { NetNamespace } from "./namespace.ts";
export { type Filtering, type Mapping, type Nat, USUAL_NAT } from "./nat.ts";
export { NatLab } from "./nat-lab.ts";
export { labObstacle } from "./obstacle.ts";
export { RunningProgram, type RunOptions, runIn } from "./run-in.ts";
export { type Machine, Site, type SiteOptions } from "./site.ts";

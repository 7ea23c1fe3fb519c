/** The NAT matrix with the product's own programs; README.md is in the folder above. */
export { Backbone } from "./backbone.ts";
export { type Cell, meets, NEIGHBOURS, neighbourCell, PAIRS, pairCell } from "./cells.ts";
export { type Homes, Stations } from "./stations.ts";
export { SWITCHES, type Switch, trySwitch } from "./switches.ts";
export { connect, type Pair, type Session, type Trial, tryCell } from "./trial.ts";

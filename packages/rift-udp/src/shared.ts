/** Linux alone: sockets of one port for threads that only forward. For relays. */
export { type SharedOptions, SharedSockets } from "./linux/shared-sockets.ts";
export { PUMP_FIGURES, PumpFigure, type TrainHandler, TrainPump } from "./linux/train-pump.ts";

/** A thread that tells whether it may take real-time priority. */
import { parentPort } from "node:worker_threads";
import { raiseThreadPriority } from "@wavry/x11";

parentPort?.postMessage(raiseThreadPriority());

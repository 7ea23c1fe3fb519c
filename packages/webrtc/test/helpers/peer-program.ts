/** A program, or a worker's, that uses a peer and ends in the way that its argument names. */
import { parentPort, workerData } from "node:worker_threads";
import { AnsweredPeer } from "./answerer.ts";

const end: unknown = parentPort === null ? process.argv[2] : workerData;
const answered = new AnsweredPeer({ video: { codec: "h264" }, audio: true, controlChannel: true });
if (end === "callback")
  answered.peer.onDatagramsOpen = () => {
    throw new Error("an error of a callback");
  };
await answered.connected();
if (end === "close") await answered[Symbol.asyncDispose]();
else if (end === "exit") process.exit(7);
else throw new Error("an error of the program");

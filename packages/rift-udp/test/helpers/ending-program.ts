/** A program that ends while its thread has a socket open that is ready all the time; argument: how, and the thread's file. */
import { ThreadLink } from "@wavry/rift-udp/thread";
import type { ServedCalls, ServedNews } from "./served-thread.ts";

const [how, stopFile = ""] = process.argv.slice(2);
const link = new ThreadLink<ServedCalls, ServedNews>({
  entry: new URL("./served-thread.ts", import.meta.url),
  name: "served",
  onNews: () => {},
});
await link.call("open", { stopFile });
if (how === "throw") throw new Error("a bug of the program's");
process.exit(7);

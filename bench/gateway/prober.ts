/** A helper process: asks for /health at a rate, whether answers come or not, and notes how long each took. */
import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { answer } from "./control.ts";
import { call } from "./http-call.ts";

const WARM_UP_SECONDS = 1;

/** How often it asks. */
export interface ProberRun {
  readonly urls: readonly string[];
  /** Requests a second. */
  readonly rate: number;
  readonly seconds: number;
}

await answer({
  /** Milliseconds of each. */
  run: async ({ urls, rate, seconds }: ProberRun): Promise<number[]> => {
    const agent = new Agent({ keepAlive: true });
    const latencies: number[] = [];
    const asked: Promise<void>[] = [];
    const start = performance.now();
    const warm = WARM_UP_SECONDS * rate;
    const count = warm + seconds * rate;
    for (let at = 0; at < count; at++) {
      const due = start + (at / rate) * 1_000;
      const early = due - performance.now();
      if (early > 0) await sleep(early);
      asked.push(ask(urls[at % urls.length]!, at >= warm));
    }
    await Promise.all(asked);
    agent.destroy();
    return latencies;

    async function ask(url: string, counts: boolean): Promise<void> {
      const sent = performance.now();
      const { status } = await call(agent, `${url}/health`);
      if (status !== 200) throw new Error(`/health was answered with ${status}`);
      if (counts) latencies.push(performance.now() - sent);
    }
  },
});

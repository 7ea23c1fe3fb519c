/** A helper process: signs in with passwords, several people at a time, one sign-in after another. */
import { Agent } from "node:http";
import { answer } from "./control.ts";
import { call } from "./http-call.ts";
import { LOGIN_ACCOUNTS, PASSWORD } from "./population.ts";

const WARM_UP_SECONDS = 1;

/** How people sign in. */
export interface SignerRun {
  readonly urls: readonly string[];
  /** How many at a time. */
  readonly people: number;
  readonly seconds: number;
}

/** What came of it. */
export interface SignerResult {
  readonly logins: number;
  readonly seconds: number;
  /** Milliseconds from request to answer. */
  readonly latencies: readonly number[];
}

await answer({
  run: async ({ urls, people, seconds }: SignerRun): Promise<SignerResult> => {
    const agent = new Agent({ keepAlive: true });
    const start = performance.now() + WARM_UP_SECONDS * 1_000;
    const end = start + seconds * 1_000;
    const latencies: number[] = [];
    let turn = 0;
    let last = start;
    const person = async (number: number): Promise<void> => {
      const url = urls[number % urls.length]!;
      while (performance.now() < end) {
        const body = {
          email: `login-${turn++ % LOGIN_ACCOUNTS}@example.org`,
          ...{ password: PASSWORD, kind: "program", label: "bench" },
        };
        const asked = performance.now();
        const { status, text } = await call(agent, `${url}/api/v1/sessions`, body);
        const now = performance.now();
        if (status !== 200 || !text.includes("signed-in"))
          throw new Error(`a sign-in was answered with ${status} ${text}`);
        if (asked < start || now > end) continue;
        latencies.push(now - asked);
        last = now;
      }
    };
    await Promise.all(Array.from({ length: people }, (_, number) => person(number)));
    agent.destroy();
    return { logins: latencies.length, seconds: (last - start) / 1_000, latencies };
  },
});

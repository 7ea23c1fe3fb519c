import { type Agent, request } from "node:http";

const TIMEOUT_MILLIS = 30_000;

/** Asks by GET, or by POST where there is a body. */
export function call(
  agent: Agent | false,
  url: string,
  body?: object,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      url,
      {
        ...{ agent, timeout: TIMEOUT_MILLIS },
        ...(body !== undefined && {
          ...{ method: "POST", headers: { "content-type": "application/json" } },
        }),
      },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        answer.on("end", () => resolve({ status: answer.statusCode!, text }));
        answer.on("error", reject);
      },
    );
    asked.on("timeout", () => asked.destroy(new Error(`no answer from ${url}`)));
    asked.on("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

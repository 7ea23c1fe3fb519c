import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestGateway } from "../helpers/test-gateway.ts";

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly responses?: Readonly<Record<string, { readonly content?: unknown }>>;
}

test("every route of the API has a summary, an area and the schema of its answers", async () => {
  await using gateway = await startTestGateway();
  const response = await gateway.app.inject({ url: "/openapi.json" });
  assert.equal(response.statusCode, 200);
  const { paths } = response.json<{ paths: Record<string, Record<string, Operation>> }>();
  const lacking: string[] = [];
  let routes = 0;
  for (const [path, operations] of Object.entries(paths)) {
    if (!/^\/(?:admin\/)?api\//.test(path)) continue;
    for (const [method, { summary, tags, responses }] of Object.entries(operations)) {
      routes++;
      const statuses = Object.entries(responses ?? {});
      const good =
        (summary ?? "") !== "" &&
        tags?.length === 1 &&
        statuses.some(([status, { content }]) => status.startsWith("2") && content !== undefined) &&
        statuses.some(([status, { content }]) => status === "4XX" && content !== undefined);
      if (!good) lacking.push(`${method.toUpperCase()} ${path}`);
    }
  }
  assert.deepEqual(lacking, []);
  assert.ok(routes >= 35, `${routes} routes`);
});

test("the page of the API is served with its scripts from here", async () => {
  await using gateway = await startTestGateway();
  const page = await gateway.app.inject({ url: "/docs" });
  assert.equal(page.statusCode, 200);
  assert.match(page.body, /swagger-ui/);
  assert.doesNotMatch(page.body, /(?:src|href)="(?:https?:)?\/\//);
  assert.doesNotMatch(page.body, /<script>[^<]/);
});

import type { Gateway } from "@wavry/gateway";

/** What an OpenAPI schema says, as far as tests read it. */
export interface FieldSchema {
  readonly type?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly FieldSchema[];
  readonly items?: FieldSchema;
  readonly minimum?: number;
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
}

/** One route of the gateway. */
export interface DescribedRoute {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With {id} in it. */
  readonly path: string;
  readonly area: string;
  readonly query: readonly string[];
  /** Undefined where it takes no body. */
  readonly body: Readonly<Record<string, FieldSchema>> | undefined;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Operation {
  readonly tags?: readonly string[];
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: {
    readonly content: { readonly "application/json": { readonly schema: FieldSchema } };
  };
}

/** All routes, as the gateway itself describes them. */
export async function describedRoutes(gateway: Gateway): Promise<DescribedRoute[]> {
  const response = await gateway.app.inject({ url: "/openapi.json" });
  return Object.entries(response.json<Document>().paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { tags, parameters, requestBody }]) => ({
      method: method.toUpperCase() as DescribedRoute["method"],
      path,
      area: tags?.[0] ?? "",
      query: (parameters ?? []).filter((one) => one.in === "query").map(({ name }) => name),
      body: requestBody?.content["application/json"].schema.properties,
    })),
  );
}

/** A value that a field takes, so that the fields beside it are reached. */
export function ordinaryValue(name: string, schema: FieldSchema): unknown {
  const { type, pattern, anyOf, items, minimum, properties } = schema;
  if (schema.enum !== undefined) return schema.enum[0];
  if (anyOf !== undefined) return ordinaryValue(name, anyOf[0]!);
  if (name === "email" || name === "to") return "someone@example.org";
  if (name === "totp") return "123456";
  if (name === "wavryId") return `wavry1${"q".repeat(58)}`;
  if (type === "array") return (schema.minItems ?? 0) > 0 ? [ordinaryValue(name, items!)] : [];
  if (type === "integer" || type === "number") return Math.max(minimum ?? 0, 60);
  if (type === "boolean") return false;
  if (type === "null") return null;
  if (type === "object") return ordinaryBody(properties ?? {});
  const length = /\{(\d+)\}/.exec(pattern ?? "")?.[1];
  return length === undefined ? "ordinary-text" : "x".repeat(Number(length));
}

/** A body that a route takes. */
export function ordinaryBody(
  properties: Readonly<Record<string, FieldSchema>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, ordinaryValue(name, schema)]),
  );
}

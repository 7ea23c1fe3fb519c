import type { CompiledQuery, DatabaseConnection } from "kysely";
import { invalidText, storeFailure } from "./store-errors.ts";

const guarded = new WeakSet<DatabaseConnection>();

/** Makes a connection refuse text that one of the databases cannot keep, and say so plainly when it cannot do its work. */
export function guardConnection(connection: DatabaseConnection): DatabaseConnection {
  if (guarded.has(connection)) return connection;
  guarded.add(connection);
  const execute = connection.executeQuery.bind(connection);
  connection.executeQuery = async <R>(query: CompiledQuery, options?: never) => {
    checkTexts(query.parameters);
    try {
      return await execute<R>(query, options);
    } catch (error) {
      throw storeFailure(error);
    }
  };
  return connection;
}

function checkTexts(parameters: readonly unknown[]): void {
  for (const value of parameters)
    if (typeof value === "string" && (value.includes("\0") || !value.isWellFormed()))
      throw invalidText();
}

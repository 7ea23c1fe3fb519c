import { type RawBuilder, type SqlBool, sql } from "kysely";

/** Where the text stands in at least one of the columns, or is the ID; nothing in it is a wildcard. */
export function contains(
  columns: readonly string[],
  text: string,
  id?: string,
): RawBuilder<SqlBool> {
  const plain = text.trim();
  const tests = columns.map((column) => like(column, `%${escapeLike(plain)}%`));
  if (id !== undefined) tests.push(sql`${sql.ref(id)} = ${plain}`);
  return sql<SqlBool>`(${sql.join(tests, sql` or `)})`;
}

/** Where the column begins with the text. */
export function begins(column: string, text: string): RawBuilder<SqlBool> {
  return like(column, `${escapeLike(text.trim())}%`);
}

/** Whatever the case, as far as the database knows of it: of both sides the same. */
function like(column: string, pattern: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`lower(${sql.ref(column)}) like lower(${pattern}) escape '!'`;
}

function escapeLike(text: string): string {
  return text.replaceAll(/[!%_]/g, "!$&");
}

/** A query parameter of a path, undefined where it is not there. */
export function pathParameter(path: string, name: string): string | undefined {
  const query = path.indexOf("?");
  if (query < 0) return undefined;
  return new URLSearchParams(path.slice(query)).get(name) ?? undefined;
}

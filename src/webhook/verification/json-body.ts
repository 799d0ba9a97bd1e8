/** A path into JSON: names and indexes between dots, `*` for each of a list. `data.0.token`, `value.*.clientState`. */
export type JsonPath = string;

/** The body as JSON; undefined when it is none or longer than `limit` bytes. */
export function parseJson(body: Buffer, limit: number): unknown {
  if (body.length === 0 || body.length > limit) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The values at a path; a step that is not there gives undefined in its place. */
export function valuesAt(root: unknown, path: JsonPath): unknown[] {
  let values: unknown[] = [root];
  for (const step of path.split('.')) {
    values = values.flatMap((value) => {
      if (step === '*') return Array.isArray(value) ? (value as unknown[]) : [undefined];
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return [undefined];
      return [(value as Record<string, unknown>)[step]];
    });
  }
  return values;
}

/** The one value at a path without `*`. */
export function valueAt(root: unknown, path: JsonPath): unknown {
  return valuesAt(root, path)[0];
}

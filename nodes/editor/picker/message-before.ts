/** The message that comes to a node, as far as its values have been seen. */
import { Unseen, isBranch } from './known-message';
import type { Source } from './upstream';

/**
 * @param sources the nearest first: its values stand over those from further away
 * @returns JSON; undefined when no value is known
 */
export function messageOf(
  sources: readonly Pick<Source, 'properties'>[],
): Record<string, unknown> | undefined {
  const properties = sources.toReversed().flatMap((source) => Object.entries(source.properties));
  if (properties.length === 0) return undefined;
  return seen(Object.fromEntries(properties)) as Record<string, unknown> | undefined;
}

/** Without what is known by name only; an object of nothing else is not known either. */
function seen(value: unknown): unknown {
  if (value instanceof Unseen) return undefined;
  if (!isBranch(value)) return value;
  if (Array.isArray(value)) return (value as unknown[]).map(seen).filter((item) => item !== undefined);
  const entries = Object.entries(value);
  const known = entries.map(([name, item]) => [name, seen(item)]).filter(([, item]) => item !== undefined);
  return entries.length > 0 && known.length === 0 ? undefined : (Object.fromEntries(known) as object);
}

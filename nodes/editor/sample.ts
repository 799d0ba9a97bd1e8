/** A message as an example of its kind: small enough to be kept in the flow. */

/** Most characters that a kept sample has. */
export const sampleLimit = 100_000;

/** How much of each list, text and object stays; tried one after the other until the whole is small enough. */
const cuts = [
  { items: Infinity, characters: Infinity },
  { items: 50, characters: 5000 },
  { items: 10, characters: 1000 },
  { items: 3, characters: 200 },
  { items: 1, characters: 50 },
];

/** The message as JSON, shortened where it is too long; '' when even its outline is. */
export function sampleOf(message: Record<string, unknown>): string {
  const rest = Object.fromEntries(Object.entries(message).filter(([name]) => name !== '_msgid'));
  for (const cut of cuts) {
    const text = JSON.stringify(shortened(rest, cut), undefined, 2);
    if (text.length <= sampleLimit) return text;
  }
  return '';
}

function shortened(value: unknown, cut: (typeof cuts)[number]): unknown {
  if (typeof value === 'string') {
    return value.length > cut.characters ? `${value.slice(0, cut.characters)}…` : value;
  }
  if (Array.isArray(value)) {
    return value.slice(0, cut.items).map((item: unknown) => shortened(item, cut));
  }
  if (typeof value !== 'object' || value === null) return value;
  // an object of thousands of names is a list by another name
  const entries = Object.entries(value).slice(0, cut.items * 10);
  return Object.fromEntries(entries.map(([name, item]) => [name, shortened(item, cut)]));
}

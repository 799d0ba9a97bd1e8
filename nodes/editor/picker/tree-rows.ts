/** Which rows of the picker are to be seen: what is unfolded, or what a search finds. */
import { pathText, type Syntax } from './paths';
import type { Property } from './properties';

/** One node, or another origin, and what it gives. */
export interface PickGroup {
  /** Tells it from the others. */
  id: string;
  name: string;
  /** Said beside the name: the kind of node, or that only names are known. */
  note: string;
  properties: readonly Property[];
}

export interface PickRow {
  /** Unique in the tree. */
  id: string;
  level: number;
  group: PickGroup;
  /** Left out in the row of the group itself. */
  property?: Property;
  text: string;
  /** Undefined where there is nothing below. */
  unfolded?: boolean;
  /** What is put into the field; undefined for a group, and for a path that cannot be written there. */
  path?: string;
}

/** Rows that the user folded or unfolded, by id. */
export type Folds = ReadonlyMap<string, boolean>;

/** What a search finds of one group at most: who sees more looks for something else. */
export const mostFound = 100;

/** @param words what is searched for; '' shows the tree */
export function treeRows(
  groups: readonly PickGroup[],
  syntax: Syntax,
  folds: Folds,
  words: string,
): PickRow[] {
  const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
  return groups.flatMap((group) => {
    const head: PickRow = { id: group.id, level: 1, group, text: group.name, unfolded: true };
    if (parts.length > 0) {
      const found = flat(group.properties)
        .filter((property) => fits(group, property, parts))
        .slice(0, mostFound);
      return found.length === 0
        ? []
        : [head, ...found.map((property) => rowOf(group, property, syntax, 2, true))];
    }
    if (folds.get(head.id) === false) return [{ ...head, unfolded: false }];
    return [head, ...group.properties.flatMap((property) => unfolded(group, property, syntax, 2, folds))];
  });
}

function unfolded(
  group: PickGroup,
  property: Property,
  syntax: Syntax,
  level: number,
  folds: Folds,
): PickRow[] {
  const row = rowOf(group, property, syntax, level, false);
  if (property.children.length === 0) return [row];
  const open = folds.get(row.id) ?? opensByItself(property);
  const below = open
    ? property.children.flatMap((child) => unfolded(group, child, syntax, level + 1, folds))
    : [];
  return [{ ...row, unfolded: open }, ...below];
}

/** The payload is what is mostly looked for, and the first record when it is a list. */
function opensByItself({ path }: Property): boolean {
  return path[0] === 'payload' && (path.length === 1 || (path.length === 2 && path[1] === 0));
}

function rowOf(group: PickGroup, property: Property, syntax: Syntax, level: number, whole: boolean): PickRow {
  const path = pathText(property.path, syntax);
  const last = property.path.at(-1)!;
  const name = typeof last === 'number' ? `[${last}]` : last;
  return {
    id: `${group.id}/${JSON.stringify(property.path)}`,
    level,
    group,
    property,
    text: whole ? (pathText(property.path, 'jsonata') ?? name) : name,
    ...(path === undefined ? {} : { path }),
  };
}

function flat(properties: readonly Property[]): Property[] {
  return properties.flatMap((property) => [property, ...flat(property.children)]);
}

function fits({ name }: PickGroup, { path, sample }: Property, parts: readonly string[]): boolean {
  const searched = `${path.join('.')} ${sample} ${name}`.toLowerCase();
  return parts.every((part) => searched.includes(part));
}

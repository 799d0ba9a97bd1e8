import type { Migration } from '../runtime/migrate';

/** One step per released shape, oldest first. Version 1 is the first: what is missing comes from the defaults. */
export const migrations: readonly Migration[] = [];

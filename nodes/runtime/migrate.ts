import { Failure } from '../../src/exchange/failure';

/** What every node's saved configuration has in common. */
export interface ConfigBase {
  id: string;
  type: string;
  z?: string;
  name: string;
  /** Version of the configuration's shape. Missing in flows written by hand: 0. */
  configVersion: number;
}

type Raw = Record<string, unknown>;

/** Takes a configuration from version `from` to `from + 1`. Pure; the editor and the runtime both run it. */
export interface Migration {
  from: number;
  migrate(config: Raw): Raw;
}

/** The flow was saved by a newer release of this package than the one that is installed. */
export class NewerConfigError extends Failure {
  constructor(sentence: string) {
    super('CONFIG', sentence);
  }
}

/**
 * Brings a saved configuration to the current version and fills in what is missing, so that a flow written by hand
 * needs only the fields it cares about. The argument is not changed.
 *
 * @throws NewerConfigError when the configuration is from a newer release.
 */
export function migrate<T extends ConfigBase>(
  saved: object,
  current: number,
  defaults: Omit<T, 'id' | 'type' | 'z'>,
  migrations: readonly Migration[],
): T {
  let config: Raw = { ...(saved as Raw) };
  let version = typeof config.configVersion === 'number' ? config.configVersion : 0;
  if (version > current) {
    throw new NewerConfigError(
      `this node was saved by a newer release (configuration ${version}, this release knows ${current}): update node-red-contrib-http-connector`,
    );
  }
  for (; version < current; version++) {
    const step = migrations.find((migration) => migration.from === version);
    if (step) config = step.migrate(config);
  }
  return { ...complete(structuredClone(defaults), config), configVersion: current } as unknown as T;
}

/** What is missing is filled in, in groups of fields too. */
function complete(defaults: Raw, saved: Raw): Raw {
  const known = Object.entries(saved).filter(([, value]) => value !== undefined);
  const whole = known.map(([name, value]): [string, unknown] => {
    const group = Object.hasOwn(defaults, name) ? defaults[name] : undefined;
    return [name, isGroup(group) && isGroup(value) ? complete(group, value) : value];
  });
  return { ...defaults, ...Object.fromEntries(whole) };
}

function isGroup(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

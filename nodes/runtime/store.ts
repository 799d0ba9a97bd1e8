import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import { Failure } from '../../src/exchange/failure';
import { openRedis } from '../../src/state/redis';
import { openSqlite } from '../../src/state/sqlite';
import type { Store } from '../../src/state/store';
import { stateSetting, type StateSetting } from './state-setting';

/** A node's hold on the runtime's store. */
export interface StoreHold {
  /** Other processes may be at the same store. */
  readonly several: boolean;
  /** Whether there may be anything in it. */
  exists(): boolean;
  /**
   * The store, opened when the first node needs it; after an error the next call tries again.
   *
   * @throws Failure STATE
   */
  open(): Promise<Store>;
  /** The node is closing. The last one to let go closes the store. */
  release(): Promise<void>;
}

interface Shared {
  users: number;
  opening: Promise<Store> | undefined;
}

/**
 * By place. Module-level because Node-RED loads each node type by itself and makes nodes one by one: this is the only
 * place where all of them meet, and the file wants one owner in a process.
 */
const stores = new Map<string, Shared>();

/** Takes hold of the runtime's store. */
export function holdStore(RED: NodeAPI): StoreHold {
  const place = placeOf(RED);
  const shared = stores.get(place.name) ?? { users: 0, opening: undefined };
  stores.set(place.name, shared);
  shared.users++;
  let released = false;

  return {
    several: place.several,
    exists: place.exists ?? (() => true),
    open() {
      shared.opening ??= place.open().catch((error: unknown) => {
        shared.opening = undefined;
        throw error;
      });
      return shared.opening;
    },
    async release() {
      if (released) return;
      released = true;
      if (--shared.users > 0) return;
      stores.delete(place.name);
      // Nobody is left to be told that it could not be opened.
      const store = await shared.opening?.catch(() => undefined);
      await store?.close();
    },
  };
}

interface Place {
  /** Tells it from others. */
  name: string;
  several: boolean;
  /** Left out where only opening it tells. */
  exists?: () => boolean;
  /** @throws Failure STATE; Failure CONFIG when the setting is wrong */
  open: () => Promise<Store>;
}

function placeOf(RED: NodeAPI): Place {
  const warn = (sentence: string) => RED.log.warn(`http-connector: ${sentence}`);
  let setting: StateSetting;
  try {
    setting = stateSetting(RED.settings, process.env);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { name: 'wrong setting', several: false, open: () => Promise.reject(error) };
  }
  if (setting.type === 'redis') {
    const { url, prefix } = setting;
    return {
      name: `${prefix} ${url}`,
      several: true,
      open: () => openRedis({ url, prefix, warn }),
    };
  }
  const { userDir } = RED.settings;
  if (!userDir) {
    const sentence = 'Node-RED has no user directory: there is nowhere to keep the state';
    return { name: '', several: false, open: () => Promise.reject(new Failure('STATE', sentence)) };
  }
  const file = join(userDir, 'http-connector', 'state.sqlite');
  return {
    name: file,
    several: false,
    exists: () => existsSync(file),
    open: () => openFile(file, warn),
  };
}

async function openFile(file: string, warn: (sentence: string) => void): Promise<Store> {
  try {
    await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Failure('STATE', `the directory of ${file} cannot be made: ${(cause as Error).message}`, {
      cause,
    });
  }
  return openSqlite({ file, now: Date.now, warn });
}

/**
 * Whether a node that is closing is gone for good, so that its state can go too. Node-RED's `removed` alone does not
 * say it: it is true as well for a node that was disabled, or whose flow was, and it is false for a node inside a
 * subflow whose instance was deleted. What counts is the configuration that is being deployed, which is in place before
 * nodes are closed. Another project or a reloaded flow file removes nothing: its nodes may come back.
 */
export function isGone(RED: NodeAPI, node: Node, removed: boolean): boolean {
  const ids = new Set<string>();
  RED.nodes.eachNode(({ id }) => ids.add(id));
  // Tab, subflow instances, node: each by its id in the configuration.
  const [tab = '', ...inside] = (node as Node & { _path?: string })._path?.split('/') ?? ['', node.id];
  if (inside.every((id) => ids.has(id))) return false;
  return removed || (inside.length > 1 && ids.has(tab));
}

/** Which requests can be answered at the front of the server, without asking what lies in between. */
import type { IncomingMessage } from 'node:http';
import type { NodeAPI } from 'node-red';
import { isForEditor } from './editor-paths';
import { isUndisputed, stackOf, type App, type Layer } from './express-stack';
import { belowMount } from './raw-body';

/** See `isUndisputed`. What was found out is kept. */
export class Shortcuts {
  readonly #RED: NodeAPI;
  readonly #app: App;
  readonly #own: (layer: Layer) => boolean;
  #known = new Map<string, boolean>();
  #stacks: (readonly Layer[] | undefined)[] = [];
  #lengths: number[] = [];

  constructor(RED: NodeAPI, app: App, own: (layer: Layer) => boolean) {
    this.#RED = RED;
    this.#app = app;
    this.#own = own;
  }

  has({ method = '', url = '' }: IncomingMessage, below: string): boolean {
    let root = this.#app;
    while (root.parent) root = root.parent;
    const stacks = [stackOf(root), stackOf(this.#app)];
    if (stacks.some((stack, n) => stack !== this.#stacks[n] || stack?.length !== this.#lengths[n])) {
      this.#stacks = stacks;
      this.#lengths = stacks.map((stack) => stack?.length ?? 0);
      this.#known = new Map();
    }
    const key = `${method} ${below}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      known = this.#find(root, method, url.split('?', 1)[0]!, below);
      if (this.#known.size >= 1000) this.#known = new Map();
      this.#known.set(key, known);
    }
    return known;
  }

  #find(root: App, method: string, path: string, below: string): boolean {
    const settings = this.#RED.settings as unknown as Record<string, unknown>;
    const { httpNodeAuth, httpNodeCors, httpNodeMiddleware, httpAdminMiddleware } = settings;
    if (httpNodeAuth || httpNodeCors || httpNodeMiddleware || httpAdminMiddleware) return false;
    // then the sender's address is what a proxy says it is, which Express finds out
    if (root.get?.('trust proxy')) return false;
    const admin = adminOf(this.#RED);
    const ofAdmin = admin && belowMount(path, mountOf(admin));
    if (ofAdmin !== undefined && isForEditor(admin!, method, ofAdmin)) return false;
    const apps = new Set([admin, this.#app].map((app) => app && belowRoot(app, root))).size;
    return isUndisputed(root, this.#app, { method, path, below }, apps, this.#own);
  }
}

/** None without an editor. */
export function adminOf(RED: NodeAPI): App | undefined {
  const admin = RED.httpAdmin as unknown;
  return typeof admin === 'function' ? (admin as unknown as App) : undefined;
}

/** Where an application is mounted, without a slash at the end. */
export function mountOf(app: App): string {
  const { parent, mountpath = '/' } = app;
  if (!parent) return '';
  return `${mountOf(parent)}${[mountpath].flat()[0]!}`.replace(/\/+$/, '');
}

/** The application that is mounted on the root itself and has this one in it. */
function belowRoot(app: App, root: App): App {
  return app.parent && app.parent !== root ? belowRoot(app.parent, root) : app;
}

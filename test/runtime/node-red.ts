/**
 * A real Node-RED in a process of its own, with this package installed as `npm link` would do it, for tests that ask
 * what only the real thing can answer: redeploys, restarts, mounts, kill -9.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, on, once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import manifest from '../../package.json';
import { decode, type DebugMessage } from './debug-message';

const root = resolve(__dirname, '..', '..');

/** Where each line of Node-RED is installed. */
const installed = {
  '5': join(root, 'node_modules', 'node-red'),
  '4.1': join(root, 'test', 'node-red-4', 'node_modules', 'node-red'),
};
export type Line = keyof typeof installed;
export const lines = Object.keys(installed) as Line[];

/** A node as it stands in a flow file; `credentials` are kept apart by Node-RED when it is deployed. */
export interface FlowNode {
  id: string;
  type: string;
  z?: string;
  credentials?: Record<string, string>;
  [property: string]: unknown;
}

export interface NodeRedOptions {
  line: Line;
  /** Left out on a restart in the same user directory, which has its flows. */
  flows?: readonly FlowNode[];
  /** By node id; kept in clear. */
  credentials?: Record<string, Record<string, string>>;
  /** Added to settings.js; values as JSON knows them. */
  settings?: {
    httpAdminRoot?: string;
    httpNodeRoot?: string;
    [name: string]: unknown;
  };
  /** This package is not there: for what Node-RED is without it, and for tests that install it. */
  withoutPackage?: boolean;
  /** One that stays after the end; left out, a throwaway one. */
  userDir?: string;
  /** The same one again after a restart; left out, any free one. */
  port?: number;
  env?: Record<string, string>;
  /** With `settings.https`: asks with the certificates that it wants. */
  fetch?: typeof fetch;
  /** Milliseconds until the flows must have started. */
  timeout?: number;
}

export interface NodeStatus {
  fill?: string;
  shape?: string;
  text?: string;
}

export type Deployment = 'full' | 'nodes' | 'flows';

/** Ample for a busy machine; nothing waits this long unless it fails. */
const patience = 10_000;
/** Node-RED gives its nodes 15 s to close, and then goes. */
const closing = 18_000;

type Told =
  | { kind: 'debug'; data: { id: string; name?: string; topic?: string; msg: unknown; format: string } }
  | { kind: 'status'; id: string; status: NodeStatus }
  | { kind: 'started' }
  | { kind: 'resources'; names: string[] };

/** Starts Node-RED and waits until its flows run and its admin API answers. */
export async function startNodeRed(options: NodeRedOptions): Promise<NodeRed> {
  for (let attempt = 1; ; attempt++) {
    const nodeRed = new NodeRed(options, options.port ?? (await freePort()));
    try {
      await nodeRed.ready(options.timeout ?? 30_000);
      return nodeRed;
    } catch (error) {
      await nodeRed.kill();
      // Between our finding a port and Node-RED's using it, another process may have taken it.
      const unlucky = options.port === undefined && /port in use|EADDRINUSE/.test(nodeRed.log());
      if (!unlucky || attempt === 3) throw error;
    }
  }
}

export class NodeRed {
  /** Of the root of the nodes' HTTP routes, `httpNodeRoot` included, without a slash at the end. */
  readonly url: string;
  /** Of the editor and its API, `httpAdminRoot` included, without a slash at the end. */
  readonly adminUrl: string;
  readonly port: number;
  readonly userDir: string;
  /** Everything that debug nodes put out, in order. */
  readonly debug: DebugMessage[] = [];

  readonly #child: ChildProcess;
  readonly #changes = new EventEmitter();
  readonly #exit: Promise<string>;
  readonly #keep: boolean;
  readonly #fetch: typeof fetch;
  readonly #statuses = new Map<string, NodeStatus>();
  #ended: string | undefined;
  #log = '';
  #starts = 0;

  /** @internal use `startNodeRed` */
  constructor(options: NodeRedOptions, port: number) {
    const home = installed[options.line];
    if (!existsSync(home)) throw new Error(`Node-RED ${options.line} is not installed: run npm test once`);
    this.port = port;
    this.#fetch = options.fetch ?? fetch;
    const scheme = options.settings?.https ? 'https' : 'http';
    const at = (path: unknown) =>
      `${scheme}://127.0.0.1:${port}/${typeof path === 'string' ? path : ''}`
        .replace(/(?<!:)\/+/g, '/')
        .replace(/\/$/, '');
    this.url = at(options.settings?.httpNodeRoot ?? options.settings?.httpRoot);
    this.adminUrl = at(options.settings?.httpAdminRoot ?? options.settings?.httpRoot);
    this.#keep = options.userDir !== undefined;
    this.userDir = options.userDir ?? mkdtempSync(join(tmpdir(), 'node-red-'));
    const settings = prepare(this.userDir, port, options);
    this.#child = spawn(
      join(root, 'node_modules', '.bin', 'node'),
      [join(home, 'red.js'), '--userDir', this.userDir, '--settings', settings],
      {
        cwd: this.userDir,
        env: { ...process.env, ...options.env },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
    );
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
        this.#changes.emit('change');
      });
    }
    this.#child.on('message', (told) => this.#hear(told as Told));
    this.#exit = new Promise((done) => {
      this.#child.once('error', (error) => done(error.message));
      this.#child.once('close', (code, signal) => done(signal ?? `exit code ${code}`));
    }).then((reason) => {
      this.#ended = String(reason);
      this.#changes.emit('change');
      return this.#ended;
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Everything that Node-RED wrote so far. */
  log(): string {
    return this.#log;
  }

  /** @internal waits until the flows run and the API answers */
  async ready(timeout: number): Promise<void> {
    await this.until('Node-RED has started its flows', () => this.#starts > 0, timeout);
    await this.until('Node-RED listens', () => /Server now running at/.test(this.#log), timeout);
    const answer = await this.admin('settings');
    if (!answer.ok) throw this.#problem(`the admin API answers ${answer.status}`);
  }

  /**
   * Waits until `check` gives something, looking again whenever Node-RED said or did something.
   *
   * @param what for the error message
   * @throws when the time is over or Node-RED ends, with its log
   */
  async until<T>(what: string, check: () => T | undefined | false, timeout = patience): Promise<T> {
    const over = AbortSignal.timeout(timeout);
    const changes = on(this.#changes, 'change', { signal: over });
    try {
      for (;;) {
        const found = check();
        if (found !== undefined && found !== false) return found;
        if (this.#ended !== undefined) throw this.#problem(`${what}: Node-RED ended (${this.#ended})`);
        await changes.next();
      }
    } catch (error) {
      throw over.aborted ? this.#problem(`not within ${timeout} ms: ${what}`) : error;
    } finally {
      await changes.return!();
    }
  }

  /** Waits for a piece of the log; what was written before counts too. */
  async waitForLog(pattern: RegExp, timeout?: number): Promise<RegExpExecArray> {
    return this.until(`the log has ${pattern}`, () => pattern.exec(this.#log) ?? undefined, timeout);
  }

  /** Waits for a message at a debug node; those that came before count too. */
  async waitForDebug(wanted: (message: DebugMessage) => boolean, timeout?: number): Promise<DebugMessage> {
    return this.until('a debug node has the message', () => this.debug.find(wanted), timeout);
  }

  /** The status shown below a node; `{}` when it shows none. */
  statusOf(id: string): NodeStatus {
    return this.#statuses.get(id) ?? {};
  }

  async waitForStatus(
    id: string,
    wanted: (status: NodeStatus) => boolean,
    timeout?: number,
  ): Promise<NodeStatus> {
    const check = () => {
      const status = this.statusOf(id);
      return wanted(status) ? status : undefined;
    };
    return this.until(`node ${id} has the status`, check, timeout);
  }

  /** How many of each kind of resource (timers, sockets …) keep the process busy now. */
  async resources(): Promise<Record<string, number>> {
    const told = once(this.#changes, 'resources');
    this.#child.send('resources');
    const [names] = (await told) as [string[]];
    const counts: Record<string, number> = {};
    for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
    return counts;
  }

  /** Asks the admin API as the editor does. */
  async admin(path: string, init: RequestInit = {}): Promise<Response> {
    return this.#fetch(`${this.adminUrl}/${path}`, init);
  }

  /** Deploys as the editor's button does, and waits until the flows run again. */
  async deploy(flows: readonly FlowNode[], type: Deployment = 'full'): Promise<void> {
    await this.deploying(async () => {
      const answer = await this.admin('flows', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'node-red-api-version': 'v2',
          'node-red-deployment-type': type,
        },
        body: JSON.stringify({ flows }),
      });
      if (!answer.ok) throw this.#problem(`deploy answered ${answer.status} ${await answer.text()}`);
    });
  }

  /** Does what deploys, and waits until the flows run again: the answer to a deploy comes before they do. */
  async deploying(deploy: () => Promise<void>): Promise<void> {
    const before = this.#starts;
    await deploy();
    await this.until('the deployed flows have started', () => this.#starts > before);
  }

  /** Ends Node-RED as a service manager does. A node that does not close makes this fail. */
  async stop(): Promise<void> {
    if (this.#ended === undefined) {
      this.#child.kill('SIGTERM');
      const over = new AbortController();
      const late = delay(closing, 'late', { signal: over.signal }).catch(() => 'in time');
      const first = await Promise.race([this.#exit, late]);
      over.abort();
      if (first === 'late') {
        await this.kill();
        throw this.#problem(`Node-RED did not stop within ${closing} ms`);
      }
    }
    this.#tidy();
    // Node-RED exits with 0 when it was told to.
    if (this.#ended !== 'exit code 0') throw this.#problem(`Node-RED ended with ${this.#ended}`);
    if (/Close timed out/.test(this.#log)) throw this.#problem('a node did not close in time');
  }

  /** Holds the process, as a suspended machine or a blocked event loop does, until `proceed`. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  proceed(): void {
    this.#child.kill('SIGCONT');
  }

  /** Ends Node-RED as a power cut does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
    this.#tidy();
  }

  /** For `await using`: whatever the test did, nothing is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #tidy(): void {
    if (!this.#keep) rmSync(this.userDir, { recursive: true, force: true });
  }

  #hear(told: Told): void {
    if (told.kind === 'started') this.#starts++;
    else if (told.kind === 'resources') this.#changes.emit('resources', told.names);
    else if (told.kind === 'status') this.#statuses.set(told.id, told.status ?? {});
    else {
      const { id, name, topic, msg, format } = told.data;
      this.debug.push({ id, name, topic, value: decode(msg, format) });
    }
    this.#changes.emit('change');
  }

  #problem(what: string): Error {
    return new Error(`${what}\n--- Node-RED's log:\n${this.#log}`);
  }
}

/** Fills a user directory; on a restart, what is there stays. Returns the settings file. */
function prepare(userDir: string, port: number, options: NodeRedOptions): string {
  const modules = join(userDir, 'node_modules');
  if (!existsSync(modules)) {
    mkdirSync(modules, { recursive: true });
    const recorder = 'node-red-contrib-recorder-for-tests';
    const packages = { [recorder]: join(__dirname, 'recorder'), [manifest.name]: root };
    if (options.withoutPackage) delete packages[manifest.name];
    for (const [name, folder] of Object.entries(packages)) symlinkSync(folder, join(modules, name), 'dir');
    const dependencies = Object.fromEntries(Object.keys(packages).map((name) => [name, '*']));
    writeFileSync(
      join(userDir, 'package.json'),
      JSON.stringify({ name: 'test', private: true, dependencies }),
    );
  }
  if (options.flows) writeFileSync(join(userDir, 'flows.json'), JSON.stringify(options.flows));
  if (options.credentials)
    writeFileSync(join(userDir, 'flows_cred.json'), JSON.stringify(options.credentials));
  const settings = {
    uiHost: '127.0.0.1',
    uiPort: port,
    flowFile: 'flows.json',
    credentialSecret: false,
    lang: 'en-US',
    telemetry: { enabled: false, updateNotification: false },
    // Not needed, and Node-RED then starts without asking npm for its version.
    externalModules: { palette: { allowInstall: false }, modules: { allowInstall: false } },
    editorTheme: { tours: false, palette: { catalogues: [] } },
    debugMaxLength: 1_000_000,
    logging: { console: { level: 'info', metrics: false, audit: false } },
    ...options.settings,
  };
  const file = join(userDir, 'settings.js');
  writeFileSync(file, `module.exports = ${JSON.stringify(settings, null, 2)};\n`);
  return file;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done, fail) => {
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', done);
  });
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}

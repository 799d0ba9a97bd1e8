import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** A server that we did not write, running on loopback. */
export interface Peer {
  /** Without a slash at the end. */
  url: string;
  port: number;
  stop(): Promise<void>;
}

const recipes = path.resolve('test/peers/servers');

/**
 * Installs what a recipe in `servers/` needs; what it prints.
 *
 * @throws Error that names the recipe and what could not be installed
 */
export async function installPeer(name: string): Promise<string> {
  const args = [path.join(recipes, `${name}.sh`), 'install'];
  try {
    return (await promisify(execFile)('bash', args)).stdout.trim();
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(`the server "${name}" could not be installed: ${stderr?.trim() || String(error)}`, {
      cause: error,
    });
  }
}

/**
 * Installs and starts a server and waits until it answers.
 *
 * @param ready a path that it answers with any status
 */
export async function startPeer(name: string, ready = '/'): Promise<Peer> {
  await installPeer(name);
  const folder = await mkdtemp(path.join(tmpdir(), `peer-${name}-`));
  const port = await freePort();
  const child = spawn('bash', [path.join(recipes, `${name}.sh`), 'run', folder, String(port)], {
    // its own group, so that its workers end with it
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => (output = (output + data.toString('utf8')).slice(-4000)));
  }
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    const signal = (name: NodeJS.Signals): void => {
      try {
        process.kill(-child.pid!, name);
      } catch {
        // it has ended by itself
      }
    };
    signal('SIGTERM');
    if (!(await Promise.race([ended.then(() => true), delay(10_000, false, { ref: false })])))
      signal('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  for (const deadline = Date.now() + 30_000; ;) {
    if (await answers(url + ready)) return { url, port, stop };
    const dead = child.exitCode !== null || child.signalCode !== null;
    if (dead || Date.now() > deadline) {
      await stop();
      const what = dead ? 'ended while starting' : 'did not answer within 30 s';
      throw new Error(`the server "${name}" ${what}: ${output.trim()}`);
    }
    await delay(50);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url, { signal: AbortSignal.timeout(5000) })).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** A server that we did not write, running on loopback. */
export interface Peer {
  /** Without a slash at the end. */
  url: string;
  port: number;
  /** All of its ports, `port` first; the recipe says what each is for. */
  ports: number[];
  /** Its files: configuration, certificates, logs. */
  folder: string;
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
 * @param count how many ports it listens on
 * @param hook where it delivers, for a recipe that wants to know it (PEER_HOOK)
 */
export async function startPeer(name: string, ready = '/', count = 1, hook = ''): Promise<Peer> {
  await installPeer(name);
  const folder = await mkdtemp(path.join(tmpdir(), `peer-${name}-`));
  const ports = await freePorts(count);
  const port = ports[0]!;
  const args = [path.join(recipes, `${name}.sh`), 'run', folder, ...ports.map(String)];
  const child = spawn('bash', args, {
    env: { ...process.env, PEER_HOOK: hook },
    // its own group, so that its workers end with it
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => (output = (output + data.toString('utf8')).slice(-4000)));
  }
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(-child.pid!, name);
    } catch {
      // it has ended by itself
    }
  };
  // tests that are broken off leave nothing behind either
  const kill = (): void => signal('SIGKILL');
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    signal('SIGTERM');
    await Promise.race([ended, delay(10_000, undefined, { ref: false })]);
    // its workers may take longer than itself
    for (let i = 0; i < 50 && isAlive(child.pid!); i++) await delay(20);
    signal('SIGKILL');
    await ended;
    process.off('exit', kill);
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  for (const deadline = Date.now() + 30_000; ;) {
    const listening = await Promise.all(ports.map(listens));
    if (listening.every(Boolean) && (await answers(url + ready))) return { url, port, ports, folder, stop };
    const dead = child.exitCode !== null || child.signalCode !== null;
    if (dead || Date.now() > deadline) {
      await stop();
      const what = dead ? 'ended while starting' : 'did not answer within 30 s';
      throw new Error(`the server "${name}" ${what}: ${output.trim()}`);
    }
    await delay(50);
  }
}

/** Whether anything of a process group is left. */
function isAlive(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}

/** Not `fetch`, to which a proxy's 407 is no answer. */
function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 5000 }, (response) => {
      response.resume();
      resolve(true);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** All held until the last is found, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}

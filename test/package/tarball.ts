/** The package as it is published, and npm as the tests call it. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

export const root = resolve(__dirname, '..', '..');
/** What comes from npm for these tests alone; kept for the next run. */
export const cache = join(__dirname, '.cache');

export const run = promisify(execFile);

/** The environment without what an npm around us says about its own project. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(package|lifecycle|config_local_prefix|config_prefix)/.test(name),
    ),
  );
}

/** @param node the one to run npm with; left out, the first on PATH */
export function npm(node: string | undefined, cwd: string, ...args: string[]): Promise<{ stdout: string }> {
  const env = plainEnvironment();
  if (node) env.PATH = `${dirname(node)}${delimiter}${env.PATH}`;
  return run('npm', [...args, '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'], { cwd, env });
}

/** Installs packages in a folder below the cache, unless they are there. Returns the folder. */
export async function cached(name: string, ...packages: string[]): Promise<string> {
  const folder = join(cache, name);
  if (!existsSync(join(folder, 'node_modules', '.package-lock.json'))) {
    mkdirSync(folder, { recursive: true });
    await npm(
      undefined,
      folder,
      'install',
      '--prefix',
      folder,
      '--ignore-scripts',
      '--prefer-offline',
      ...packages,
    );
  }
  return folder;
}

/** The binary of a Node.js release, which comes from npm as a package, as the project's own does. */
export async function nodeBinary(version: string): Promise<string> {
  const family = platform() === 'darwin' && arch() === 'arm64' ? 'node-bin' : 'node';
  const name = [family, platform(), arch()].join('-');
  const folder = await cached(version, `${name}@${version}`);
  return join(folder, 'node_modules', name, 'bin', 'node');
}

export interface Packed {
  /** A folder of its own; `dispose` removes it. */
  folder: string;
  /** The `.tgz`. */
  tarball: string;
  dispose(): void;
}

/** Packed as it was built: `prepack` would build `dist` anew below the tests that use it. */
export async function pack(): Promise<Packed> {
  const folder = mkdtempSync(join(tmpdir(), 'package-'));
  await npm(undefined, root, 'pack', '--ignore-scripts', '--pack-destination', folder);
  const name = readdirSync(folder).find((file) => file.endsWith('.tgz'))!;
  return {
    folder,
    tarball: join(folder, name),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}

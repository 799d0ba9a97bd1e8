/**
 * An npm registry that has one package, and a catalogue for the palette manager that lists it. For every other package it
 * sends npm on to the registry that this machine is set up with.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { plainEnvironment } from '../package/tarball';
import { sendJson, startServer } from './server';

/** As much of a package.json as a registry and a catalogue say of a package. */
export interface Manifest {
  name: string;
  version: string;
  description: string;
  keywords: string[];
  'node-red': { nodes: Record<string, string> };
}

export interface Registry {
  /** For `npm_config_registry`, with a slash at the end. */
  url: string;
  /** For `editorTheme.palette.catalogues`. */
  catalogue: string;
  /** The paths that were asked for. */
  asked(): string[];
  close(): Promise<void>;
}

/** Where this machine gets its packages, with a slash at the end. */
export async function machineRegistry(): Promise<string> {
  const env = plainEnvironment();
  const { stdout } = await promisify(execFile)('npm', ['config', 'get', 'registry'], { cwd: tmpdir(), env });
  return stdout.trim().replace(/\/*$/, '/');
}

export async function startRegistry(manifest: Manifest, tarball: string): Promise<Registry> {
  const bytes = readFileSync(tarball);
  const others = await machineRegistry();
  const { name, version, description, keywords } = manifest;
  const today = new Date().toISOString();
  const file = `/${name}/-/${basename(tarball)}`;
  const server = await startServer(({ url }, response) => {
    const { pathname } = new URL(url, 'http://registry.invalid');
    if (pathname === '/catalogue.json') {
      response.setHeader('Access-Control-Allow-Origin', '*');
      const types = Object.keys(manifest['node-red'].nodes);
      const entry = { id: name, version, description, keywords, types, updated_at: today };
      return sendJson(response, { name: 'Local', updated_at: today, modules: [entry] });
    }
    if (pathname === file) return void response.end(bytes);
    if (pathname === `/${name}`) {
      const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
      const dist = { tarball: `${server.url}${file}`, integrity };
      return sendJson(response, {
        name,
        'dist-tags': { latest: version },
        time: { created: today, modified: today, [version]: today },
        versions: { [version]: { ...manifest, dist } },
      });
    }
    response.writeHead(307, { Location: `${others}${url.slice(1)}` }).end();
  });
  return {
    url: `${server.url}/`,
    catalogue: `${server.url}/catalogue.json`,
    asked: () => server.received.map(({ url }) => url),
    close: () => server.close(),
  };
}

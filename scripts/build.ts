/**
 * Builds `dist/`, what Node-RED loads and npm publishes.
 *
 * The runtime is compiled by tsc (a type error ends the build); each node's editor is bundled by esbuild into one
 * `<script>` beside its dialog; locales and icons go where the runtime looks for them: beside the node's own .js.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync, transformSync } from 'esbuild';

const root = resolve(__dirname, '..');
const dist = join(root, 'dist');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  'node-red': { nodes: Record<string, string> };
};
const nodeTypes = Object.keys(manifest['node-red'].nodes);

function compile(project: string): void {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const result = spawnSync(process.execPath, [tsc, '-p', join(root, project)], { stdio: 'inherit' });
  if (result.status !== 0) {
    console.error(`Build stopped: ${project} does not compile.`);
    process.exit(1);
  }
}

/** The node's .html: the editor bundle, the shared style, the dialog. Help is served from the locales. */
function editorHtml(type: string): string {
  const folder = join(root, 'nodes', type);
  const bundle = buildSync({
    entryPoints: [join(folder, 'editor.ts')],
    bundle: true,
    format: 'iife',
    target: 'es2022',
    // Node-RED keeps these pages in memory, and a character that is not Latin doubles one's size there.
    charset: 'ascii',
    minify: true,
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
  }).outputFiles[0]!.text;
  const style = transformSync(readFileSync(join(root, 'nodes', 'editor', 'style.css'), 'utf8'), {
    loader: 'css',
    minify: true,
    charset: 'ascii',
  }).code;
  const dialog = readFileSync(join(folder, 'editor.html'), 'utf8');
  return `<style>\n${style}</style>\n${dialog}\n<script type="text/javascript">\n${bundle}</script>\n`;
}

function copyLocales(type: string): void {
  const folder = join(root, 'nodes', type, 'locales');
  for (const file of readdirSync(folder)) {
    const [, language, extension] = /^(.+)\.(json|html)$/.exec(file) ?? [];
    if (!language || !extension) throw new Error(`${type}/locales/${file}: not a locale`);
    const target = join(dist, 'nodes', type, 'locales', language);
    mkdirSync(target, { recursive: true });
    cpSync(join(folder, file), join(target, `${type}.${extension}`));
  }
}

rmSync(dist, { recursive: true, force: true });
compile('tsconfig.json');
compile('tsconfig.editor.json');
for (const type of nodeTypes) {
  writeFileSync(join(dist, 'nodes', type, `${type}.html`), editorHtml(type));
  copyLocales(type);
  const icon = join(root, 'icons', `${type}.svg`);
  if (existsSync(icon)) {
    mkdirSync(join(dist, 'nodes', type, 'icons'), { recursive: true });
    cpSync(icon, join(dist, 'nodes', type, 'icons', `${type}.svg`));
  }
}

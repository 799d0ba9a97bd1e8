/** Starts a Node-RED whose editor shows each shared widget on a page of its own, and says where: `npm run widgets`. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNodeRed, type Line } from '../test/runtime/node-red';
import { bundleWidgets, widgets } from '../test/browser/widget-pages';

async function main(line: Line): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'widgets-'));
  const script = join(folder, 'widgets.js');
  writeFileSync(script, await bundleWidgets());
  const editorTheme = { tours: false, palette: { catalogues: [] }, page: { scripts: [script] } };
  const nodeRed = await startNodeRed({ line, flows: [], settings: { editorTheme } });
  console.log(widgets.map((name) => `${nodeRed.adminUrl}/?widget=${name}`).join('\n'));
  console.log('Stop with Ctrl+C.');
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await nodeRed.stop();
  rmSync(folder, { recursive: true });
}

void main(process.argv[2] === '4.1' ? '4.1' : '5');

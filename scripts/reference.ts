/**
 * Writes docs/reference: the help of each node, as the editor shows it, as a page. `npm run reference`; a test finds a page that
 * is not what the help says.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';
import TurndownService from 'turndown';
import manifest from '../package.json';

const root = resolve(__dirname, '..');
export const nodeTypes = Object.keys(manifest['node-red'].nodes);

export function pageOf(type: string): string {
  return join(root, 'docs', 'reference', `${type}.md`);
}

/** Definition lists become lists: the term with its type, and what is said of it behind or below it. */
function converter(): TurndownService {
  const turndown = new TurndownService({ headingStyle: 'atx', bulletListMarker: '-', emDelimiter: '_' });
  turndown.keep(['table', 'kbd']);
  turndown.addRule('type', {
    filter: (node) => node.nodeName === 'SPAN' && node.className === 'property-type',
    replacement: (content) => `_(${content})_`,
  });
  turndown.addRule('term', {
    filter: 'dt',
    replacement: (content, node) => {
      const [term, ...type] = content.split(/ (?=_\()/);
      const optional = (node as { className?: string }).className === 'optional' ? ' _optional_' : '';
      return `\n- **${term!.trim()}** ${type.join(' ')}${optional}`;
    },
  });
  turndown.addRule('definition', {
    filter: 'dd',
    replacement: (content) => `\n  ${content.trim().replaceAll('\n', '\n  ')}\n`,
  });
  return turndown;
}

export async function referenceOf(type: string): Promise<string> {
  const help = readFileSync(join(root, 'nodes', type, 'locales', 'en-US.html'), 'utf8');
  const html = help.replace(/^<script[^>]*>/, '').replace(/<\/script>\s*$/, '');
  // the help begins with headings of the third level, below the one that the editor puts above it
  const markdown = converter().turndown(html).replaceAll(/^##/gm, '#');
  const from = `<!-- From nodes/${type}/locales/en-US.html, by npm run reference. -->`;
  return format(`${from}\n\n# ${type.replaceAll('-', ' ')}\n\n${markdown}\n`, {
    ...(await resolveConfig(pageOf(type))),
    parser: 'markdown',
  });
}

async function main(): Promise<void> {
  mkdirSync(join(root, 'docs', 'reference'), { recursive: true });
  for (const type of nodeTypes) writeFileSync(pageOf(type), await referenceOf(type));
}

if (require.main === module) void main();

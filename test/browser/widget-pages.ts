/** The pages of `test/widgets/` as one script for the editor. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const folder = join(__dirname, '..', 'widgets');
/** What the pages have in common. */
const common = ['show.ts', 'stage.ts'];

export const widgets = readdirSync(folder)
  .filter((file) => !common.includes(file))
  .map((file) => file.replace(/\.ts$/, ''));

export async function bundleWidgets(): Promise<string> {
  const imports = widgets.map((name, index) => `import { page as p${index} } from './${name}';`);
  const pages = widgets.map((name, index) => `'${name}': p${index}`);
  const contents = [...imports, "import { offer } from './show';", `offer({ ${pages.join(', ')} });`].join(
    '\n',
  );
  const result = await build({
    stdin: { contents, resolveDir: folder, loader: 'ts' },
    bundle: true,
    format: 'iife',
    target: 'es2022',
    write: false,
    logLevel: 'warning',
  });
  return result.outputFiles[0]!.text;
}

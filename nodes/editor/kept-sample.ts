import type { ConfigBase } from '../runtime/migrate';
import type { Dialog } from './dialog';
import { sampleOf } from './sample';
import type { Texts } from './texts';

/**
 * The output sample: kept with the node when the dialog is done.
 *
 * @param root holds `.nrhc-sample` with `.nrhc-sample-state` and `.nrhc-sample-remove`
 * @param removed where the focus goes when the button is gone
 */
export function keptSample<C extends ConfigBase & { outputSample: string }>(
  dialog: Dialog<C>,
  root: JQuery,
  removed: JQuery,
  t: Texts,
) {
  const row = root.find('.nrhc-sample');
  let kept = dialog.config.outputSample;
  const show = () => {
    row.prop('hidden', kept === '');
    row.find('.nrhc-sample-state').text(t('sample.kept', { size: Math.ceil(kept.length / 1024) }));
  };
  dialog.add({ property: 'outputSample', read: () => kept });
  row.find('.nrhc-sample-remove').on('click', () => {
    kept = '';
    show();
    removed.trigger('focus');
  });
  show();
  return {
    keep(message: Record<string, unknown>): void {
      kept = sampleOf(message);
      show();
      row[0]?.scrollIntoView({ block: 'nearest' });
    },
  };
}

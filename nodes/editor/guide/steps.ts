import type { Texts } from '../texts';
import { button, icon } from './button';
import type { StepState } from './next-step';

export interface StepsOptions {
  /** An `ol`. */
  list: JQuery;
  steps: readonly StepState[];
  titles: readonly { id: string; title: string }[];
  current: string | undefined;
  choose: (id: string) => void;
  t: Texts;
}

/** The steps of a guide, each a button that leads to it. Built anew only when they differ; the focus stays. */
export function showSteps({ list, steps, titles, current, choose, t }: StepsOptions): void {
  const looks = JSON.stringify([current, steps]);
  if (list.data('looks') === looks) return;
  const focused = list.find(':focus').attr('data-nrhc-step');
  list.empty().data('looks', looks);
  steps.forEach(({ id, done }, index) => {
    const step = button('', () => choose(id)).attr('data-nrhc-step', id);
    if (id === current) step.attr('aria-current', 'step');
    step.append(
      $('<span>', { class: 'nrhc-guide-number', 'aria-hidden': 'true' }).text(index + 1),
      $('<span>').text(titles.find((one) => one.id === id)!.title),
    );
    if (done) step.append(icon('fa-check'), $('<span>', { class: 'nrhc-unseen' }).text(t('guide.done')));
    $('<li>').append(step).appendTo(list);
  });
  if (focused) list.find(`[data-nrhc-step="${CSS.escape(focused)}"]`).trigger('focus');
}

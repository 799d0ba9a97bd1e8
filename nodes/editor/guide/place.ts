import type { Texts } from '../texts';
import { button } from './button';
import type { GuidePlace } from './guide';

export interface PlaceOptions extends Pick<GuidePlace, 'element' | 'left' | 'say' | 'refresh' | 'toField'> {
  /** Aborts when the dialog closes. */
  closed: AbortSignal;
  proceed: () => void;
  t: Texts;
}

/** What a step is given: once it was left, everything that it does here comes to nothing. */
export function placeOf({ element, left: step, closed, t, ...frame }: PlaceOptions): GuidePlace {
  const left = AbortSignal.any([step, closed]);
  const say: GuidePlace['say'] = (sentence, kind) => {
    if (!left.aborted) frame.say(sentence, kind);
  };

  function action(label: string, run: () => Promise<void> | void): JQuery {
    const made = button(label, () => void press(), 'nrhc-guide-action').appendTo(element);
    async function press(): Promise<void> {
      made.prop('disabled', true);
      say(t('guide.busy'), 'busy');
      try {
        await run();
      } catch (error) {
        say((error as Error).message, 'failed');
      }
      if (left.aborted) return;
      made.prop('disabled', false);
      // a button that is off loses the focus
      if (document.activeElement === document.body) made.trigger('focus');
      frame.refresh();
    }
    return made;
  }

  return {
    element,
    left,
    say,
    action,
    refresh: () => {
      if (!left.aborted) frame.refresh();
    },
    toField: () => {
      if (!left.aborted) frame.toField();
    },
    next: () => {
      if (!left.aborted) frame.proceed();
    },
  };
}

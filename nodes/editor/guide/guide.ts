/**
 * The guided set-up of a node: a panel at the top of its edit dialog that goes through it step by step.
 *
 * A guide has no fields of its own. A step names the dialog's own controls (`fields`): the frame brings their tab to the
 * front, marks their rows, and a button leads to the first of them. So whoever leaves keeps what was entered, and whoever
 * comes back stands at the first step that `done()` does not find in the fields.
 *
 * How a dialog gets its guide, at the end of `oneditprepare`, after `showTabs`:
 *
 *     guide({ node: this, dialog, root, t, steps: connectionSteps(…) });
 *
 * The frame's texts, needed in the node's locale (section `guide`): offer, start, dismiss, open, label, leave, next, skip,
 * done, notYet, goTo (`__field__`), busy, finished, finishedText. The steps bring theirs translated.
 *
 * What the frame cares for: the offer on a node that is not deployed (dismissed for good per person and node type), the
 * list of steps (each a button, the current one `aria-current="step"`), the focus on the step's heading, one live region
 * for what is said, Enter in a marked text field pressing the step's action (Next, when it has none), Escape leaving the guide and not the dialog.
 */
import type { ConfigBase } from '../../runtime/migrate';
import type { Dialog } from '../dialog';
import type { Texts } from '../texts';
import { showBar } from './bar';
import { button } from './button';
import { nextStep, type StepState } from './next-step';
import { placeOf } from './place';
import { showSteps } from './steps';

export interface GuideStep {
  /** Unique within the guide. */
  id: string;
  title: string;
  /** What a person does here: a sentence or two. */
  text: string;
  /** The dialog's controls that the step is about, looked for each time; hidden ones are passed over. */
  fields?: () => JQuery;
  /** What the step shows beside its text: an action, suggestions, a result. Called each time the step comes up. */
  render?: (place: GuidePlace) => void;
  /** Whether the fields (or what was found out since the dialog was opened) say that nothing is left. Cheap: called often. */
  done: () => boolean;
  /** Can be skipped. */
  optional?: boolean;
  /** Whether this node, as it is set up now, has the step at all. */
  applies?: () => boolean;
}

/** What a step is given while it is shown. After it was left, nothing that it says is shown any more. */
export interface GuidePlace {
  /** Empty, below the step's text. */
  element: JQuery;
  /** Aborts when the step is left or the dialog closes. */
  left: AbortSignal;
  /**
   * Adds the step's button. While `run` runs the button is off and the guide says that it is busy; what `run` throws is said.
   */
  action: (label: string, run: () => Promise<void> | void) => JQuery;
  /** In the live region, in place of what it said before; '' for nothing. As text. */
  say: (sentence: string, kind?: Said) => void;
  /** The fields were filled: looks again at what is done and which rows are the step's. */
  refresh: () => void;
  /** Moves the focus to the first of the step's fields that is empty. */
  toField: () => void;
  /** Goes on to the next step, as the button does. */
  next: () => void;
}

export type Said = 'ok' | 'failed' | 'busy';

export interface GuideOptions<C extends ConfigBase> {
  node: EditorNode;
  dialog: Dialog<C>;
  /** The dialog's own `div.nrhc`: bar and panel are put at its top. */
  root: JQuery;
  steps: readonly GuideStep[];
  t: Texts;
}

export interface Guide {
  /** Opens the panel at the first step that is left, or at the one named. */
  open(id?: string): void;
  leave(): void;
  /** The step that is shown; undefined while the panel is closed or everything is done. */
  current(): string | undefined;
  /** Something that the frame cannot see has changed. */
  refresh(): void;
}

export function guide<C extends ConfigBase>({ node, dialog, root, steps, t }: GuideOptions<C>): Guide {
  const skipped = new Set<string>();
  let current: GuideStep | undefined;
  let left = new AbortController();
  const bar = $('<div>', { class: 'nrhc-guide-bar' });
  const list = $('<ol>', { class: 'nrhc-guide-steps' });
  const heading = $('<h4>', { tabindex: '-1' });
  const text = $('<p>');
  const content = $('<div>', { class: 'nrhc-guide-content' });
  // one for all steps: what is put into a live region that is there already is said
  const said = $('<div>', { class: 'nrhc-guide-said', role: 'status' });
  const field = button('', toField, 'red-ui-button-small nrhc-guide-field');
  const next = button('', proceed, 'red-ui-button-small nrhc-guide-next');
  const away = button(t('guide.leave'), leave, 'red-ui-button-small nrhc-guide-leave');
  const buttons = $('<div>', { class: 'nrhc-guide-buttons' }).append(field, next, away);
  const panel = $('<section>', { class: 'nrhc-guide', 'aria-label': t('guide.label') })
    .prop('hidden', true)
    .append(list, heading, text, content, said, buttons);
  root.prepend(bar, panel);

  const states = (): StepState[] =>
    steps.map((step) => ({
      id: step.id,
      applies: step.applies?.() ?? true,
      done: step.done(),
      skipped: skipped.has(step.id),
    }));

  function showOffer(): void {
    const needed = steps.filter(({ optional, applies }) => !optional && (applies?.() ?? true));
    showBar({ bar, node, left: needed.some((step) => !step.done()), start: () => open(), t });
  }

  function open(id?: string): void {
    bar.prop('hidden', true);
    panel.prop('hidden', false);
    show(id ?? nextStep(states()));
  }

  function leave(): void {
    end();
    current = undefined;
    panel.prop('hidden', true);
    bar.prop('hidden', false);
    showOffer();
    bar.find('.nrhc-guide-start').trigger('focus');
    dialog.resize();
  }

  function end(): void {
    left.abort();
    content.empty();
    say('');
    root.find('.nrhc-guide-target').removeClass('nrhc-guide-target');
  }

  function say(sentence: string, kind?: Said): void {
    said.attr('class', `nrhc-guide-said${sentence && kind ? ` nrhc-guide-${kind}` : ''}`).text(sentence);
  }

  /** @param id undefined: nothing is left to do */
  function show(id: string | undefined): void {
    end();
    left = new AbortController();
    current = steps.find((step) => step.id === id);
    heading.text(current?.title ?? t('guide.finished'));
    text.text(current?.text ?? t('guide.finishedText'));
    if (current) bringForward();
    current?.render?.(
      placeOf({
        element: content,
        left: left.signal,
        closed: dialog.closed,
        say,
        refresh,
        toField,
        proceed,
        t,
      }),
    );
    refresh();
    dialog.resize();
    // the panel may be higher than the dialog: the heading is what is to be seen
    panel[0]?.scrollIntoView({ block: 'nearest' });
    heading.trigger('focus');
  }

  function proceed(): void {
    if (!current) return;
    const { id, optional } = current;
    const done = current.done();
    if (!done && !optional) return say(t('guide.notYet'), 'failed');
    if (!done) skipped.add(id);
    show(nextStep(states(), id));
  }

  /** The rows of the step, whether they are to be seen or not. */
  function rows(): JQuery {
    return (current?.fields?.() ?? $()).closest('.form-row');
  }

  function bringForward(): void {
    const pane = rows().first().closest('.nrhc-tab');
    // jQuery does not click on links
    if (pane.prop('hidden') === true) $(`[id="${pane.attr('id')}-label"]`)[0]?.click();
  }

  function toField(): void {
    bringForward();
    const controls = rows().find('input, select, textarea, button').filter(':visible');
    const empty = controls.filter('input, textarea').filter((_, control) => $(control).val() === '');
    (empty[0] ?? controls[0])?.focus();
  }

  /** Ticks, marks and buttons as the fields are now. The focus and the shown step stay. */
  function refresh(): void {
    if (panel.prop('hidden') === true || dialog.closed.aborted) return;
    const shown = states().filter(({ applies }) => applies);
    showSteps({ list, steps: shown, titles: steps, current: current?.id, choose: show, t });
    root.find('.nrhc-guide-target').removeClass('nrhc-guide-target');
    const mine = rows().filter(':visible').addClass('nrhc-guide-target');
    const label = mine.first().find('label, .nrhc-label').first().text().trim();
    field.prop('hidden', label === '').text(t('guide.goTo', { field: label }));
    const done = current?.done() === true;
    const optional = current?.optional === true;
    next
      .prop('hidden', current === undefined)
      .text(optional && !done ? t('guide.skip') : t('guide.next'))
      .toggleClass('primary', done)
      .attr('aria-disabled', String(!done && !optional));
  }

  panel.on('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    leave();
  });
  root.on('keydown', '.nrhc-guide-target input', (event) => {
    if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || event.isDefaultPrevented()) return;
    if (!['text', 'password'].includes((event.target as unknown as HTMLInputElement).type)) return;
    event.preventDefault();
    $(event.target).trigger('change');
    const action = panel.find('.nrhc-guide-action').first();
    if (action.length > 0) {
      action.trigger('click');
      // the field may be far below what is said of it
      said[0]?.scrollIntoView({ block: 'nearest' });
    } else proceed();
  });
  // after the dialog's own listeners, which show and hide rows
  root.on('input change click', () => setTimeout(refresh));
  showOffer();
  return { open, leave, current: () => current?.id, refresh };
}

/** Events that were given up: a deployed node's are listed page by page, shown, replayed and deleted. */
import type { Dialog } from '../../editor/dialog';
import type { WebhookTriggerConfig } from '../config';
import { t } from './checks';
import { ask, isDeployed, type Verb } from './deployed';

/** What `GET webhook-trigger/:id/dead-letters` answers: a page, oldest first. */
interface Letters {
  /** Of all pages. */
  count: number;
  letters: Letter[];
}

interface Letter {
  id: string;
  /** What `after` takes for those that follow. */
  position: number;
  /** When it was given up, ISO 8601. */
  died: string;
  attempts: number;
  reason: string;
}

type Action = 'replay' | 'delete';

/** How an action is asked for: the verb, and what follows the letter or the list. */
const requests: Record<Action, [Verb, ...string[]]> = { replay: ['POST', 'replay'], delete: ['DELETE'] };

export function deadLetters(node: EditorNode, dialog: Dialog<WebhookTriggerConfig>, root: JQuery): void {
  const panel = root.find('.nrhc-dead');
  if (!isDeployed(node)) {
    panel.find('.nrhc-letters-state').addClass('nrhc-note').text(t('dead.deploy'));
    panel.find('.nrhc-letters-buttons').prop('hidden', true);
    dialog.watch('acknowledge', (when) => void panel.prop('hidden', when !== 'done'));
    return;
  }
  const list = panel.find('.nrhc-letters');
  const state = panel.find('.nrhc-letters-state');
  const question = panel.find('.nrhc-letters-confirm');
  const path = [node.id, 'dead-letters'];
  let wanted: Action = 'replay';
  /** Those shown before this page, and where the next one begins. */
  let before = 0;
  let next = 0;
  let asked = 0;

  /** @param from 0 for the first page */
  async function look(from = 0, said = ''): Promise<void> {
    const own = ++asked;
    try {
      const { count, letters } = await ask<Letters>('GET', path, dialog.closed, { after: from });
      // another look has begun since
      if (own !== asked) return;
      before = from === 0 ? 0 : before;
      show(letters, count);
      const last = before + letters.length;
      const range = t('dead.range', { first: before + 1, last, count });
      say([said, letters.length > 0 ? range : t('dead.none')].filter(Boolean).join(' '));
      before = last;
    } catch (error) {
      say((error as Error).message, true);
    }
  }

  /** Without letters the panel is there only where there can be some. */
  function show(letters: readonly Letter[], count: number): void {
    const possible = node.acknowledge === 'done' || dialog.value('acknowledge') === 'done';
    panel.prop('hidden', count === 0 && !possible);
    list.empty().prop('hidden', letters.length === 0);
    for (const letter of letters) rowOf(letter).appendTo(list);
    next = letters.at(-1)?.position ?? 0;
    panel.find('[data-nrhc-all]').prop('hidden', count === 0);
    panel.find('.nrhc-letters-next').prop('hidden', letters.length === 0 || before + letters.length >= count);
    showQuestion(false);
  }

  function showQuestion(open: boolean): void {
    question.prop('hidden', !open);
    panel.find('.nrhc-letters-buttons').prop('hidden', open);
  }

  async function act(action: Action, letter?: string): Promise<void> {
    const [verb, ...rest] = requests[action];
    try {
      await ask(verb, [...path, ...(letter === undefined ? [] : [letter]), ...rest], dialog.closed);
      await look(0, letter === undefined ? t(`deadAll.${action}`) : t(`deadOne.${action}`));
    } catch (error) {
      say((error as Error).message, true);
    }
  }

  function say(sentence: string, failed = false): void {
    state.attr('class', `nrhc-letters-state ${failed ? 'nrhc-problem' : 'nrhc-note'}`).text(sentence);
  }

  function rowOf({ id, died, attempts, reason }: Letter): JQuery {
    const row = $('<details>', { class: 'nrhc-letter' });
    const times = attempts === 1 ? t('dead.attempt') : t('dead.attempts', { count: attempts });
    $('<summary>')
      .append(
        $('<i>', { class: 'fa fa-caret-right', 'aria-hidden': 'true' }),
        $('<span>').text(`${new Date(died).toLocaleString()} · ${times}`),
        $('<span>').text(reason),
      )
      .appendTo(row);
    row.one('toggle', () => {
      const body = $('<div>', { class: 'nrhc-letter-body' }).appendTo(row);
      const buttons = $('<div>', { class: 'nrhc-buttons' }).appendTo(body);
      for (const action of ['replay', 'delete'] as const) {
        $('<button>', { type: 'button', class: 'red-ui-button red-ui-button-small' })
          .text(t(`dead.${action}`))
          .on('click', () => void act(action, id))
          .appendTo(buttons);
      }
      void showMessage(id, $('<div>').appendTo(body));
    });
    return row;
  }

  async function showMessage(id: string, place: JQuery): Promise<void> {
    try {
      const { message } = await ask<{ message: object }>('GET', [...path, id], dialog.closed);
      const tree = { key: 'msg', path: 'msg', rootPath: 'msg', expandPaths: ['payload.'] };
      place.append(RED.utils.createObjectElement(message, tree));
    } catch (error) {
      place.addClass('nrhc-problem').text((error as Error).message);
    }
  }

  const leave = () => {
    showQuestion(false);
    panel.find(`[data-nrhc-all="${wanted}"]`).trigger('focus');
  };
  panel.on('click', '[data-nrhc-all]', (event) => {
    wanted = $(event.currentTarget).attr('data-nrhc-all') as Action;
    panel.find('.nrhc-letters-question').text(t(`deadQuestion.${wanted}`));
    showQuestion(true);
    panel
      .find('.nrhc-letters-sure')
      .text(t(`dead.${wanted}All`))
      .trigger('focus');
  });
  panel.find('.nrhc-letters-sure').on('click', () => void act(wanted));
  panel.find('.nrhc-letters-cancel').on('click', leave);
  question.on('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    leave();
  });
  panel.find('.nrhc-letters-next').on('click', () => void look(next));
  panel.find('.nrhc-letters-reload').on('click', () => void look());
  dialog.input('acknowledge').on('change', () => void look());
  void look();
}

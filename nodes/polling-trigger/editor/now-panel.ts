/** What the deployed node does now, and the buttons that tell it what to do. */
import { asText } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import { showProblem } from '../../editor/problem';
import type { PollingTriggerConfig } from '../config';
import { startProblem, t } from './checks';
import { command, isDeployed, readState, type Command, type PollState } from './deployed';
import { keyOf } from './shown-fields';

/** Milliseconds between two looks while the panel is to be seen. */
const lookAgain = 1000;

export function nowPanel(node: EditorNode, dialog: Dialog<PollingTriggerConfig>, root: JQuery): void {
  const panel = root.find('.nrhc-now');
  if (!isDeployed(node)) {
    panel.find('.nrhc-now-state').text(t('now.notDeployed'));
    panel.find('.nrhc-now-controls').prop('hidden', true);
    return;
  }
  const { id } = node;
  const said = panel.find('.nrhc-now-said');
  const pause = panel.find('[data-nrhc-command="pause"]');
  const confirmation = panel.find('.nrhc-now-confirm');
  const to = panel.find('#nrhc-polling-trigger-rewind');
  panel.find('.nrhc-now-rewind').prop('hidden', asText(node.cursor).trim() === '');
  // what counts is what was deployed, not what stands in the dialog
  const firstRun = node.watch === 'every' ? 'every' : keyOf(asText(node.firstRun) || 'now');
  panel.find('.nrhc-now-question').text(t(`resetMeans.${firstRun}`));

  /** A node that does not answer is not asked again before it is told something. */
  let answers = true;
  async function look(): Promise<void> {
    try {
      show(await readState(id, dialog.closed));
      answers = true;
    } catch (error) {
      answers = false;
      panel.find('.nrhc-now-state').text((error as Error).message);
      panel.find('.nrhc-now-last').text('');
    }
  }

  function show(state: PollState): void {
    panel.find('.nrhc-now-state').text(nextText(state));
    panel.find('.nrhc-now-last').text(lastText(state));
    const name: Command = state.paused ? 'resume' : 'pause';
    pause.attr('data-nrhc-command', name).text(t(`now.${name}`));
  }

  async function tell(name: Command, body: object = {}): Promise<void> {
    said.attr('class', 'nrhc-now-said').text('');
    try {
      await command(id, name, body, dialog.closed);
      said.text(t(`done.${name}`));
    } catch (error) {
      said.addClass('nrhc-problem').text((error as Error).message);
    }
    await look();
  }

  function ask(open: boolean): void {
    confirmation.prop('hidden', !open);
    const focus = open ? '.nrhc-now-confirm [data-nrhc-command]' : '.nrhc-now-reset';
    panel.find(focus).trigger('focus');
  }

  panel.on('click', '[data-nrhc-command]', (event) => {
    // read anew: the same button pauses and resumes
    const name = $(event.currentTarget).attr('data-nrhc-command') as Command;
    if (name === 'reset') ask(false);
    void tell(name);
  });
  panel.find('.nrhc-now-reset').on('click', () => ask(true));
  panel.find('.nrhc-now-cancel').on('click', () => ask(false));
  confirmation.on('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    ask(false);
  });
  const rewind = () => {
    const value = asText(to.val()).trim();
    const problem = startProblem(value);
    showProblem(to.closest('.form-row'), to, 'nrhc-polling-trigger-rewind-problem', problem);
    if (!problem) void tell('rewind', { to: value });
  };
  panel.find('.nrhc-now-rewind-button').on('click', rewind);
  to.on('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    rewind();
  });

  let looking = false;
  const timer = setInterval(() => {
    if (looking || !answers || !panel.is(':visible')) return;
    looking = true;
    void look().finally(() => (looking = false));
  }, lookAgain);
  dialog.closed.addEventListener('abort', () => clearInterval(timer));
  void look();
}

function nextText({ paused, next }: PollState): string {
  if (paused || next === 'paused') return t('now.paused');
  if (next === 'elsewhere') return t('now.elsewhere');
  return next === null ? t('now.none') : t('now.next', { time: timeText(next) });
}

function lastText({ last }: PollState): string {
  if (!last) return t('now.never');
  const { time, found, unchanged, fired, waiting, cursor } = last;
  const at = timeText(time);
  return [
    unchanged && fired === 0 ? t('now.unchanged', { time: at }) : t('now.last', { time: at, found, fired }),
    waiting > 0 ? t('now.waiting', { count: waiting }) : '',
    cursor ? t('now.cursor', { cursor }) : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

/** The time of day; with its date when that is not today. */
function timeText(time: number | string): string {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? date.toLocaleTimeString() : date.toLocaleString();
}

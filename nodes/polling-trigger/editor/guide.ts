/** The guided set-up of a poll: what is asked, where the records are, their key, what fires, how it goes on, a preview. */
import type { PagingOptions } from '../../../src/paging/make-pager';
import type { Reason } from '../../../src/sample/reason';
import type { RecordsSuggestion, Warning } from '../../../src/sample/suggest-records';
import { asText } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import type { GuidePlace, GuideStep } from '../../editor/guide/guide';
import { pagingValues } from '../../editor/guide/paging-values';
import { showSuggestions, type Suggestion } from '../../editor/guide/suggestions';
import type { PollingTriggerConfig } from '../config';
import { t, urlProblem } from './checks';
import { guideSample, type Found } from './guide-sample';
import type { PreviewTab } from './preview';
import type { PreviewResult } from './preview-result';

type Choice = 'records' | 'key' | 'fires' | 'cursor' | 'pages';

export function pollingSteps(
  node: EditorNode,
  dialog: Dialog<PollingTriggerConfig>,
  root: JQuery,
  preview: PreviewTab,
): GuideStep[] {
  const text = (property: string) => asText(dialog.value(property)).trim();
  const paging = () => dialog.value('paging') as PollingTriggerConfig['paging'];
  const sample = guideSample(node, dialog, preview.obstacle);
  /** Steps in which something was chosen. */
  const chosen = new Set<Choice>();
  /** What the last preview that went well was of. */
  let previewed: string | undefined;
  const inUse = () => JSON.stringify(dialog.values());

  /** The list that is set, else the likeliest one. */
  function list(): RecordsSuggestion | undefined {
    const lists = sample.found()?.lists ?? [];
    return lists.find(({ path }) => path === text('records')) ?? lists[0];
  }

  async function fetch({ say, next }: GuidePlace): Promise<void> {
    const { lists, elapsed } = await sample.fetch();
    if (lists.length === 0) say(t('guide.noList'), 'failed');
    else {
      say(t('guide.answered', { elapsed }), 'ok');
      next();
    }
  }

  /** Fields that a suggestion fills, and what is said then. */
  function take(step: Choice, guide: GuidePlace, fill: () => void): () => void {
    return () => {
      fill();
      chosen.add(step);
      dialog.showProblems();
      guide.refresh();
      guide.say(t('guide.taken'), 'ok');
    };
  }

  /**
   * Suggestions from the answer, or the button that asks for it.
   *
   * @param none what is said when there are none
   * @param about the warnings that matter here
   */
  function offer(
    guide: GuidePlace,
    suggestions: (found: Found) => Suggestion[],
    none: string,
    about: readonly Warning[] = [],
  ): void {
    const show = (found: Found) => {
      const offers = suggestions(found);
      showSuggestions($('<div>').appendTo(guide.element), offers, t('guide.use'));
      const warnings = (list()?.warnings ?? []).filter(({ code }) => about.includes(code));
      for (const warning of warnings) {
        $('<div>', { class: 'nrhc-preview-warning' })
          .append($('<i>', { class: 'fa fa-exclamation-triangle', 'aria-hidden': 'true' }))
          .append($('<span>').text(sentence(warning, 'Warning')))
          .appendTo(guide.element);
      }
      if (offers.length === 0 && warnings.length === 0) guide.say(none);
      guide.refresh();
    };
    const found = sample.found();
    if (found) return show(found);
    const asking = guide.action(t('guide.fetch'), async () => {
      const answer = await sample.fetch();
      asking.remove();
      guide.say('');
      show(answer);
    });
  }

  const listOffers = (guide: GuidePlace) => (found: Found) =>
    found.lists.map(({ path, reasons }) => ({
      title: path || t('guide.wholeAnswer'),
      reason: sentences(reasons),
      take: take('records', guide, () => dialog.set('records', path)),
    }));

  const keyOffers = (guide: GuidePlace) => () =>
    (list()?.keys ?? []).map(({ path, reasons }) => ({
      title: path || t('keyKind.content'),
      reason: sentences(reasons),
      take: take('key', guide, () => {
        dialog.set('keyKind', path === '' ? 'content' : 'properties');
        if (path !== '') dialog.set('key', path);
      }),
    }));

  function fireOffers(guide: GuidePlace): Suggestion[] {
    const fire = (watch: PollingTriggerConfig['watch'], version?: string) =>
      take('fires', guide, () => {
        dialog.set('watch', watch);
        if (version !== undefined) dialog.set('version', version);
      });
    const updates = (list()?.versions ?? []).slice(0, 2).map(({ path, reasons }) => ({
      title: path ? t('guide.updatesBy', { path }) : t('watch.updates'),
      reason: sentences(reasons),
      take: fire('updates', path),
    }));
    return [
      { title: t('watch.new'), reason: t('guideReason.new'), take: fire('new') },
      ...updates,
      { title: t('watch.snapshot'), reason: t('guideReason.snapshot'), take: fire('snapshot') },
      { title: t('watch.every'), reason: t('guideReason.every'), take: fire('every') },
    ];
  }

  function cursorOffers(guide: GuidePlace): Suggestion[] {
    const offers = (list()?.cursors ?? []).map(({ path, reasons }) => ({
      title: path,
      reason: `${sentences(reasons)} ${t('guide.cursorUse')}`,
      take: take('cursor', guide, () => dialog.set('cursor', path)),
    }));
    const order = list()?.order;
    if (!order?.newestFirst) return offers;
    const turned = {
      title: t('guide.turnRound'),
      reason: t('guideReason.turnRound', { path: order.path }),
      take: take('cursor', guide, () => {
        dialog.set('cursor', '');
        dialog.set('order', 'reversed');
      }),
    };
    return [...offers, turned];
  }

  const pageOffers = (guide: GuidePlace) => (found: Found) =>
    found.paging.map(({ options }) => {
      return {
        title: t(`pagingKind.${options.kind}`),
        reason: pagingReason(options),
        take: take('pages', guide, () => dialog.set('paging', pagingValues(options))),
      };
    });

  async function runPreview({ say }: GuidePlace): Promise<void> {
    const of = inUse();
    const why = preview.obstacle();
    const result: PreviewResult | undefined = why === '' ? await preview.run() : undefined;
    if (!result?.preview) {
      const said = result ? [result.code, result.message].filter(Boolean).join(' · ') : why;
      return say(said || t('guide.notAsked'), 'failed');
    }
    const { found, firing, records } = result.preview;
    if (of === inUse()) previewed = of;
    const isBaseline = result.preview.situation === 'first' && firing === 0 && found > 0;
    const after = isBaseline && text('firstRun') === 'now' ? t('guide.baseline') : '';
    say(`${t('guide.wouldFire', { found, firing })} ${after}`.trim(), 'ok');
    if (text('outputSample') === '' && records.length > 0) {
      preview.keep(result.preview);
      // keeping the sample changes nothing of the poll
      previewed = inUse();
    }
  }

  return [
    {
      id: 'request',
      title: t('guide.request'),
      text: t('guide.requestText'),
      fields: () => dialog.input('connection').add(dialog.input('url')),
      render: (guide) => void guide.action(t('guide.fetch'), () => fetch(guide)),
      done: () => {
        if (preview.obstacle() !== '' || urlProblem(text('url')) !== undefined) return false;
        // the connection's own URL may be the list
        return text('url') !== '' || sample.found() !== undefined;
      },
    },
    {
      id: 'records',
      title: t('guide.records'),
      text: t('guide.recordsText'),
      fields: () => dialog.input('records'),
      render: (guide) => offer(guide, listOffers(guide), t('guide.noList'), ['more', 'moreUnknown']),
      done: () => text('records') !== '' || chosen.has('records'),
      optional: true,
    },
    {
      id: 'key',
      title: t('guide.key'),
      text: t('guide.keyText'),
      fields: () => dialog.input('keyKind').add(dialog.input('key')),
      render: (guide) => offer(guide, keyOffers(guide), t('guide.noList'), ['inexact']),
      done: () => {
        if (chosen.has('key') || text('keyKind') !== 'properties') return true;
        const known = list();
        // "id" stands there from the beginning
        return known ? known.keys.some(({ path }) => path === text('key')) : text('key') !== 'id';
      },
    },
    {
      id: 'fires',
      title: t('guide.fires'),
      text: t('guide.firesText'),
      fields: () => dialog.input('watch').add(dialog.input('version')),
      render: (guide) => offer(guide, () => fireOffers(guide), ''),
      done: () => text('watch') !== 'new' || chosen.has('fires'),
      optional: true,
    },
    {
      id: 'cursor',
      title: t('guide.cursor'),
      text: t('guide.cursorText'),
      fields: () => {
        const turned = text('order') !== 'oldest first';
        return turned ? dialog.input('cursor').add(dialog.input('order')) : dialog.input('cursor');
      },
      render: (guide) => offer(guide, () => cursorOffers(guide), t('guide.noCursor')),
      done: () => text('cursor') !== '' || text('order') !== 'oldest first' || chosen.has('cursor'),
      optional: true,
    },
    {
      id: 'pages',
      title: t('guide.pages'),
      text: t('guide.pagesText'),
      fields: () => root.find('[data-nrhc-fields="paging"]').find('input, select'),
      render: (guide) => offer(guide, pageOffers(guide), t('guide.noPages'), ['moreUnknown']),
      done: () => paging().kind !== '' || chosen.has('pages'),
      optional: true,
    },
    {
      id: 'preview',
      title: t('guide.preview'),
      text: t('guide.previewText'),
      fields: () => root.find('.nrhc-try-send'),
      render: (guide) => void guide.action(t('guide.seeFiring'), () => runPreview(guide)),
      done: () => previewed === inUse(),
    },
  ];
}

/** What in the answer speaks for a way to ask for its pages. */
function pagingReason(options: PagingOptions): string {
  const { next: path, parameter, from } = pagingValues(options);
  const counts = 'total' in options || 'totalPages' in options;
  const special = {
    cursor: from === 'record' ? 'record' : parameter === '' ? 'several' : 'cursor',
    'page-number': counts ? 'page-number' : 'asked',
    offset: counts ? 'offset' : 'asked',
  };
  const { kind } = options;
  return t(`pagingReason.${kind in special ? special[kind as keyof typeof special] : kind}`, {
    path,
    parameter,
  });
}

function sentences(reasons: readonly Reason[]): string {
  return reasons.map((reason) => sentence(reason, 'Reason')).join(' ');
}

function sentence({ code, values }: Reason, of: 'Reason' | 'Warning'): string {
  return of === 'Reason' ? t(`guideReason.${code}`, values) : t(`guideWarning.${code}`, values);
}

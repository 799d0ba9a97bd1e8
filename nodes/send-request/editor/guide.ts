/** The guided set-up of a request: what to call, through which connection, what came back, its pages, what is kept of it. */
import { suggestPaging } from '../../../src/sample/suggest-paging';
import { asText } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import { button } from '../../editor/guide/button';
import type { GuidePlace, GuideStep } from '../../editor/guide/guide';
import { pagingValues } from '../../editor/guide/paging-values';
import { partChoice } from '../../editor/guide/part-choice';
import { showSuggestions } from '../../editor/guide/suggestions';
import type { TryResult } from '../../editor/try-result';
import type { SendRequestConfig } from '../config';
import { propertyIn, withPart } from './answer-part';
import { t, urlProblem } from './checks';
import { connectionOffers, fits } from './connection-offers';
import type { TryIt } from './try-it';

type Answered = TryResult & { answer: NonNullable<TryResult['answer']> };

export function requestSteps(dialog: Dialog<SendRequestConfig>, root: JQuery, tried: TryIt): GuideStep[] {
  const text = (property: string) => asText(dialog.value(property)).trim();
  const paging = () => dialog.value('paging') as SendRequestConfig['paging'];
  const streamed = () => ['ndjson', 'sse', 'file'].includes(text('responseKind'));
  /** The last answer that was a success, whole and of one page. */
  let raw: Answered | undefined;
  tried.watch((result) => {
    if (paging().kind === '' && text('responsePart') === '') take(result);
  });

  function take(result: TryResult): void {
    if (result.ok && result.answer && result.messages.length > 0) raw = result as Answered;
  }

  async function send({ say }: GuidePlace): Promise<void> {
    const why = tried.obstacle();
    if (why) return say(why, 'failed');
    const result = await tried.run({ responsePart: '', paging: { ...paging(), kind: '' } });
    take(result);
    const { ok, code, message, answer, elapsed } = result;
    const status = answer ? `${answer.statusCode} ${answer.statusText}`.trim() : '';
    if (ok) say(t('guide.sent', { status, elapsed: Math.round(elapsed) }), 'ok');
    else say([code, message].filter(Boolean).join(' · '), 'failed');
  }

  const bodyOf = ({ messages }: Answered) => propertyIn(messages[0]!.message, text('responseProperty'));

  function pageOffers() {
    if (!raw || streamed()) return [];
    const { url = '', headers = {} } = raw.answer;
    return suggestPaging({ url, headers, body: bodyOf(raw) });
  }

  /** What goes on in the place of pages: records go on by the pages' own fields, so the real messages are looked at. */
  async function keepPages({ say, refresh }: GuidePlace): Promise<void> {
    const { ok, messages, code, message } = await tried.run();
    const first = messages.find(({ output }) => output === 1);
    if (!ok || !first) return say([code, message].filter(Boolean).join(' · '), 'failed');
    tried.keep(first.message);
    say(t('guide.kept'), 'ok');
    refresh();
  }

  function chooseKept(guide: GuidePlace, answer: Answered): void {
    const { element, say, refresh } = guide;
    let part = text('responsePart');
    if (!streamed()) {
      const onChoose = (path: string) => (part = path);
      const [value, label] = [bodyOf(answer), t('guide.parts')];
      partChoice({ element, value, chosen: part, onChoose, label, t });
    }
    guide.action(t('guide.keepIt'), () => {
      dialog.set('responsePart', part);
      tried.keep(withPart(answer.messages[0]!.message, text('responseProperty'), part));
      dialog.showProblems();
      say(t('guide.kept'), 'ok');
      refresh();
    });
  }

  return [
    {
      id: 'request',
      title: t('guide.request'),
      text: t('guide.requestText'),
      fields: () => root.find('#nrhc-send-request-method').add(dialog.input('url')),
      render: ({ element }) => {
        const open = root.find('.nrhc-curl-open');
        const show = () => void (open.attr('aria-expanded') === 'true' || open.trigger('click'));
        button(t('curl.open'), show).appendTo(element);
      },
      done: () => (text('url') !== '' ? urlProblem(text('url')) === undefined : raw !== undefined),
    },
    {
      id: 'connection',
      title: t('label.connection'),
      text: t('guide.connectionText'),
      fields: () => dialog.input('connection'),
      render: ({ element, refresh, say }) => {
        const taken = () => {
          dialog.showProblems();
          refresh();
          say(t('guide.connectionTaken'), 'ok');
        };
        showSuggestions(element, connectionOffers(dialog, taken), t('guide.use'));
      },
      done: () => {
        const chosen = RED.nodes.node(text('connection'));
        return text('connection').startsWith('${') || (!!chosen && fits(chosen, text('url')));
      },
    },
    {
      id: 'send',
      title: t('try.send'),
      text: t('guide.sendText'),
      fields: () => root.find('.nrhc-try-send'),
      render: (guide) => void guide.action(t('try.send'), () => send(guide)),
      done: () => raw !== undefined || text('outputSample') !== '',
    },
    {
      id: 'pages',
      title: t('tab.pages'),
      text: t('guide.pagesText'),
      fields: () => root.find('[data-nrhc-fields="paging"]').find('input, select'),
      render: ({ element, refresh, say }) => {
        const offers = pageOffers().map(({ options, reason }) => ({
          title: t(`pagingKind.${options.kind}`),
          reason: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`,
          take: () => {
            dialog.set('paging', pagingValues(options));
            dialog.showProblems();
            refresh();
            say(t('guide.pagesTaken'), 'ok');
          },
        }));
        showSuggestions(element, offers, t('guide.use'));
      },
      done: () => paging().kind !== '',
      applies: () => paging().kind !== '' || pageOffers().length > 0,
      optional: true,
    },
    {
      id: 'keep',
      title: t('guide.keep'),
      text: t('guide.keepText'),
      fields: () =>
        paging().kind !== ''
          ? root.find('#nrhc-paging-output, #nrhc-paging-records')
          : dialog.input('responseProperty').add(dialog.input('responsePart')),
      render: (guide) => {
        if (paging().kind !== '') guide.action(t('guide.keepPages'), () => keepPages(guide));
        else if (raw) chooseKept(guide, raw);
        else guide.say(t('guide.sendFirst'));
      },
      done: () => text('outputSample') !== '',
    },
  ];
}

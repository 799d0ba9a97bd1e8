import { fieldGroup, type GroupDescription } from '../../nodes/editor/field-group';
import type { TextRow } from '../../nodes/editor/text-table';
import type { Page, State } from './stage';

interface Values {
  kind: string;
  url: string;
  wait: number | string;
  body: string;
  headers: TextRow[];
}

const empty: Values = { kind: 'none', url: '', wait: 5, body: '', headers: [] };

const state = (title: string, saved: Values): State => ({
  title,
  mount: ({ place, id, t, add }) => {
    place.removeClass('form-row').attr('data-nrhc-fields', 'all');
    const description: GroupDescription<Values, Values, undefined> = {
      property: id,
      defaults: empty,
      places: {
        all: [
          {
            name: 'kind',
            icon: 'tasks',
            label: 'label.pagingKind',
            options: ['none', 'cursor'],
            text: (kind) => t(`pagingKind.${kind}`),
          },
          {
            name: 'url',
            icon: 'globe',
            label: 'label.url',
            hint: 'hint.url',
            missing: 'error.nextMissing',
            placeholder: 'orders',
          },
          { heading: 'heading.stop', shown: ({ kind }) => kind === 'cursor' },
          {
            name: 'wait',
            icon: 'clock-o',
            label: 'label.maxSeconds',
            range: { min: 0, max: 60 },
            shown: ({ kind }) => kind === 'cursor',
          },
          { name: 'body', icon: 'code', label: 'tab.body', long: true },
          { name: 'headers', icon: 'list', label: 'tab.headers', table: 'header', empty: 'empty.headers' },
        ],
      },
      view: (values) => values,
      saved: (values) => values,
    };
    return add(fieldGroup(description, place.parent(), saved, () => undefined, t));
  },
});

export const page: Page = {
  texts: 'send-request',
  states: [
    state('Nothing yet', empty),
    state('Filled', {
      kind: 'cursor',
      url: 'orders',
      wait: 100,
      body: 'a\nb',
      headers: [{ name: 'a b', value: 'x' }],
    }),
    state('With an environment variable', { ...empty, kind: '${KIND}', url: '${URL}' }),
  ],
};

/** How the pages of a list are asked for: the fields of every dialog whose node pages. */
import type { PagingConfig } from '../runtime/paging-config';
import { isDataPath, isToken } from './checks';
import type { GroupItem } from './field-group';
import type { Texts } from './texts';

const kinds = ['', 'link-header', 'next-url', 'cursor', 'page-number', 'offset'] as const;
type Kind = PagingConfig['kind'];

const is = (...some: Kind[]) => {
  return ({ kind }: PagingConfig) => some.includes(kind);
};
const pages = is('link-header', 'next-url', 'cursor', 'page-number', 'offset');
const counted = is('page-number', 'offset');
const carried = is('cursor', 'page-number', 'offset');

/** What to type, by the strategy: names that services in use have. */
const parameters: Partial<Record<Kind, string>> = {
  cursor: 'cursor',
  'page-number': 'page',
  offset: 'offset',
};

const totals: Partial<Record<Kind, string>> = { 'page-number': 'meta.total_pages', offset: 'meta.total' };

export function pagingFields<V extends PagingConfig, C>(t: Texts): GroupItem<V, C>[] {
  const path = (value: string) => (value === '' || isDataPath(value) ? undefined : t('error.path'));
  const header = (value: string) => (isToken(value) ? undefined : t('error.headerName', { name: value }));
  const cap = { min: 0, max: 1_000_000_000, whole: true };
  return [
    {
      name: 'kind',
      icon: 'files-o',
      label: 'label.pagingKind',
      options: kinds,
      text: (kind) => t(`pagingKind.${kind || 'none'}`),
      hint: ({ kind }) => t(`pagingHint.${kind || 'none'}`),
    },
    {
      name: 'from',
      icon: 'map-marker',
      label: 'label.cursorFrom',
      options: ['body', 'header', 'record'],
      text: (place) => t(`cursorFrom.${place}`),
      shown: is('cursor'),
    },
    {
      name: 'next',
      icon: 'arrow-right',
      label: ({ kind, from }) => {
        if (kind === 'next-url') return t('label.nextUrl');
        return from === 'header' ? t('label.cursorHeader') : t('label.cursorPath');
      },
      placeholder: ({ kind, from }) => {
        if (kind === 'next-url') return 'links.next';
        return { body: 'meta.next_cursor', header: 'X-Next-Cursor', record: 'id' }[from] ?? '';
      },
      hint: ({ kind, from }) => {
        if (kind === 'next-url') return t('hint.nextUrl');
        return t(`cursorHint.${from}`);
      },
      missing: 'error.nextMissing',
      shown: is('next-url', 'cursor'),
      problem: (value, { kind, from }) =>
        kind === 'cursor' && from === 'header' ? header(value) : path(value),
    },
    {
      name: 'to',
      icon: 'sign-in',
      label: 'label.pageTo',
      options: ['query', 'body', 'header'],
      text: (place) => t(`pageTo.${place}`),
      shown: carried,
    },
    {
      name: 'parameter',
      icon: 'tag',
      label: 'label.pageParameter',
      placeholder: ({ kind }) => parameters[kind] ?? '',
      hint: ({ kind }) => t(`parameterHint.${kind || 'none'}`),
      shown: carried,
      problem: (value, { kind, to }) => {
        // a cursor of several values brings their names along
        if (value === '') return kind === 'cursor' ? undefined : t('error.parameterMissing');
        if (to === 'header') return header(value);
        return to === 'body' ? path(value) : undefined;
      },
    },
    {
      name: 'start',
      icon: 'step-forward',
      label: ({ kind }) => (kind === 'offset' ? t('label.firstOffset') : t('label.firstPage')),
      range: { min: 0, max: 1_000_000_000, whole: true },
      unit: 'unit.none',
      shown: counted,
    },
    {
      name: 'size',
      icon: 'list-ol',
      label: 'label.pageSize',
      hint: 'hint.pageSize',
      range: { min: 0, max: 1_000_000, whole: true },
      unit: 'unit.records',
      shown: counted,
    },
    {
      name: 'sizeParameter',
      icon: 'tag',
      label: 'label.sizeParameter',
      placeholder: 'limit',
      hint: 'hint.sizeParameter',
      shown: (values) => counted(values) && Number(values.size) !== 0,
    },
    { heading: 'heading.stop', shown: pages },
    {
      name: 'more',
      icon: 'question-circle-o',
      label: 'label.more',
      placeholder: 'has_more',
      hint: 'hint.more',
      shown: carried,
      problem: path,
    },
    {
      name: 'total',
      icon: 'hashtag',
      label: ({ kind }) => (kind === 'offset' ? t('label.totalRecords') : t('label.totalPages')),
      placeholder: ({ kind }) => totals[kind] ?? '',
      hint: 'hint.total',
      shown: counted,
      problem: path,
    },
    {
      name: 'maxPages',
      icon: 'files-o',
      label: 'label.maxPages',
      hint: 'hint.cap',
      range: cap,
      unit: 'unit.pages',
      shown: pages,
    },
    {
      name: 'maxRecords',
      icon: 'list-ol',
      label: 'label.maxRecords',
      range: cap,
      unit: 'unit.records',
      shown: pages,
    },
    {
      name: 'maxSeconds',
      icon: 'clock-o',
      label: 'label.maxSeconds',
      range: { min: 0, max: 86_400 },
      shown: pages,
    },
  ];
}

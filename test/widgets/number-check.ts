import { asText } from '../../nodes/editor/checks';
import { numberProblem, type Range } from '../../nodes/editor/number-check';
import type { Page, State } from './stage';

const state = (title: string, value: unknown, range: Range): State => ({
  title,
  mount: ({ place, id, t, add }) => {
    const field = $('<input>', { type: 'text', 'data-nrhc-part': id, 'aria-label': title }).appendTo(place);
    if (value !== undefined) field.val(asText(value));
    const read = () => (value === undefined ? undefined : field.val());
    return add({ property: id, read, problem: () => numberProblem(read(), range, t) });
  },
});

export const page: Page = {
  texts: 'send-request',
  states: [
    state('A number from 1 to 10', 2.5, { min: 1, max: 10 }),
    state('A whole number, which this is not', 2.5, { min: 1, max: 10, whole: true }),
    state('Empty', '', { min: 0, max: 10 }),
    state('Not in the flow at all', undefined, { min: 0, max: 10 }),
  ],
};

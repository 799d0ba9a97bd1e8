import { addTypedValue, allTypes, readTypedValue } from '../../nodes/editor/typed-value';
import type { TypedValue } from '../../nodes/editor/template-checks';
import type { Page, State } from './stage';

const state = (title: string, value: TypedValue): State => ({
  title,
  mount: ({ place, t }) => {
    addTypedValue(place, value, allTypes, t);
    return () => readTypedValue(place);
  },
});

export const page: Page = {
  texts: 'send-request',
  states: [
    state('Nothing yet', { value: '', type: 'str' }),
    state('A template', { value: 'orders/{{payload.id}}', type: 'str' }),
    state('A template that does not parse', { value: '{{payload', type: 'str' }),
    state('A property of the message', { value: 'payload.id', type: 'msg' }),
  ],
};

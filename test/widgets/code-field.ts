import { codeField, modes, type CodeFieldOptions } from '../../nodes/editor/code-field';
import { jsonTemplateProblem } from '../../nodes/editor/json-template-check';
import { textsOf } from '../../nodes/editor/texts';
import type { Page, State } from './stage';

const state = (title: string, options: Pick<CodeFieldOptions, 'value' | 'mode' | 'check'>): State => ({
  title,
  mount: ({ place, id, dialog, t, add }) => {
    const element = $('<div>', { class: 'node-text-editor', style: 'height: 120px' }).appendTo(place);
    const onChange = () => dialog.showProblems();
    return add(codeField({ ...options, property: id, element, label: title, fixed: true, onChange, t }));
  },
});

export const page: Page = {
  texts: 'send-request',
  states: [
    state('Empty', { value: '' }),
    state('A JSON template', {
      value: '{"id": {{payload.id}}}',
      check: (text) => jsonTemplateProblem(text, textsOf('send-request')),
    }),
    state('A template that does not parse', { value: 'Hello {{name' }),
    state('JSONata', { value: '$sum(payload.price)', mode: modes.jsonata, check: () => undefined }),
  ],
};

// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- globals of the editor are in no module
/// <reference path="../../../nodes/editor/red.d.ts" />
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { jsonTemplateProblem } from '../../../nodes/editor/json-template-check';
import { Template } from '../../../src/exchange/template';

const problemOf = (text: string) => jsonTemplateProblem(text, (key) => key);

describe('nodes/editor/json-template-check', () => {
  for (const fine of [
    '{"n": {{payload.n}}, "s": "{{topic}}"}',
    '{{payload}}',
    '{"a": -{{x}}, {{k}}: 1{{y}}, "two": {{x}}{{y}}}',
    '{"e": "\\"{{x}}\\\\"}',
    '{{=<% %>=}}{"a": <%x%>, "b": "{{"}',
    '{{! a comment }}[1]',
  ]) {
    it(`takes ${fine}`, () => assert.equal(problemOf(fine), undefined));
  }

  for (const [wrong, key] of [
    ['', 'error.jsonMissing'],
    ['{"n": {{payload.n}},}', 'error.jsonTemplate'],
    ['{"n": {{payload.n}', 'error.template'],
    ['{n: {{payload.n}}}', 'error.jsonTemplate'],
    ['{"s": {{topic}} "}', 'error.jsonTemplate'],
  ] as const) {
    it(`refuses ${wrong || 'nothing'}`, () => assert.equal(problemOf(wrong), key));
  }

  it('leaves sections and raw values to the runtime', () => {
    assert.equal(problemOf('[{{#list}}{{.}},{{/list}}null]'), undefined);
    assert.equal(problemOf('{"a": {{{json}}} }'), undefined);
  });

  it('takes every template that gives JSON for each value in its places', () => {
    const name = fc.stringMatching(/^[a-z]{1,5}$/);
    const leaf = fc.oneof(
      fc.json().map((text) => [text, 'JSON'] as const),
      name.map((key) => [`{{${key}}}`, 'value'] as const),
      name.map((key) => [`"a{{${key}}}b"`, 'text'] as const),
    );
    fc.assert(
      fc.property(fc.array(leaf), fc.dictionary(name, fc.jsonValue()), (leaves, message) => {
        // what JSON holds may be a tag of Mustache by chance
        const parts = leaves.map(([text, kind]) =>
          kind === 'JSON' ? text.replace(/\{(?=\{)/g, '{ ') : text,
        );
        const template = `[${parts.join(',')}]`;
        JSON.parse(new Template(template, 'json').render({ message }));
        assert.equal(problemOf(template), undefined);
      }),
    );
  });
});

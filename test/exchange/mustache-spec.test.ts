import assert from 'node:assert/strict';
import { Template } from '../../src/exchange/template';
import { publicSuite } from '../support/public-suites';

interface Case {
  name: string;
  desc: string;
  data: unknown;
  template: string;
  expected: string;
  partials?: Record<string, string>;
}

/** What a template of ours does not have: partials, and with them inheritance and dynamic names; functions in the data. */
const leftOut = new Set(['partials.json', '~dynamic-names.json', '~inheritance.json', '~lambdas.json']);

/** The suite escapes for HTML. We escape for the place, and a text has nothing to escape. */
function withoutHtmlEscapes(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

describe('exchange/template: the Mustache specification', () => {
  const title = 'Mustache specification';
  const suite = publicSuite<{ suites: { file: string; tests: Case[] }[] }>(title, 'mustache-spec.json');
  if (!suite) {
    it('is not here: it lies in ../shared/fixtures beside the checkout, where CI has it', () => undefined);
    return;
  }

  it('is whole: each of its parts is run or left out for a reason', () => {
    const files = suite.suites.map(({ file }) => file);
    for (const file of leftOut) assert.ok(files.includes(file), file);
    const run = suite.suites.filter(({ file }) => !leftOut.has(file));
    assert.ok(run.flatMap(({ tests }) => tests).length >= 120);
  });

  for (const { file, tests } of suite.suites) {
    if (leftOut.has(file)) continue;
    describe(file.replace('.json', ''), () => {
      for (const { name, desc, data, template, expected, partials } of tests) {
        if (partials) continue;
        it(name, () => {
          // the outermost context of the suite may be a text or a list; ours is a message, so it goes in as a section
          const isMessage = typeof data === 'object' && data !== null && !Array.isArray(data);
          const text = isMessage ? template : `{{#data}}${template}{{/data}}`;
          const message = isMessage ? data : { data: Array.isArray(data) ? [data] : data };
          assert.equal(new Template(text, 'text').render({ message }), withoutHtmlEscapes(expected), desc);
        });
      }
    });
  }
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  compileRules,
  ruleOperators,
  takesValue,
  type Rule,
  type RuleOperator,
} from '../../src/exchange/rules';

const rule = (property: string, operator: string, value = ''): Rule => ({
  property,
  operator: operator as RuleOperator,
  value,
});
const one = (property: string, operator: string, value?: string) =>
  compileRules([rule(property, operator, value)], 'all');

const message = {
  topic: 'New order',
  payload: {
    total: 100,
    text: '42',
    paid: true,
    note: null,
    tags: ['a', 7],
    items: [{ id: 'x-1' }],
    day: '2026-03-01T10:00:00Z',
    'odd-name': 'here',
  },
};

describe('exchange/rules', () => {
  it('takes what an environment variable made of a value: a number, or a boolean', () => {
    const holds = (operator: string, value: unknown, property: unknown = 'payload.total') =>
      compileRules([{ property, operator, value } as Rule], 'all')(message);
    assert.ok(holds('equals', 100));
    assert.ok(holds('more', 99.5));
    assert.ok(holds('equals', true, 'payload.paid'));
    assert.ok(!holds('equals', null, 'topic'));
    assert.ok(!holds('exists', '', 7));
  });

  it('compares what is found with a text, by what it means', () => {
    const cases: [property: string, operator: string, value: string, expected: boolean][] = [
      ['payload.total', 'equals', '100.0', true],
      ['payload.total', 'equals', '', false],
      ['payload.text', 'equals', '42', true],
      ['payload.text', 'equals', '42.0', false],
      ['payload.paid', 'equals', 'true', true],
      ['payload.paid', 'equals', '1', false],
      ['payload.note', 'equals', '', false],
      ['payload.tags', 'equals', 'a,7', false],
      ['payload.items[0].id', 'equals', 'x-1', true],
      ['payload.items.0.id', 'not-equals', 'x-1', false],
      ['payload.odd-name', 'equals', 'here', true],
      ['payload.gone', 'not-equals', 'x', true],
      ['topic', 'contains', 'order', true],
      ['topic', 'not-contains', 'order', false],
      ['payload.tags', 'contains', '7', true],
      ['payload.tags', 'contains', '8', false],
      ['payload.gone', 'not-contains', '8', true],
      ['topic', 'starts-with', 'New', true],
      ['topic', 'ends-with', 'New', false],
      ['payload.total', 'starts-with', '1', false],
      ['payload.total', 'more', '99.5', true],
      ['payload.total', 'more', '100', false],
      ['payload.total', 'at-least', '100', true],
      ['payload.text', 'less', '100', true],
      ['payload.text', 'at-most', '41', false],
      ['payload.day', 'more', '2026-02-28', true],
      ['payload.day', 'less', '2026-03-01T10:30:00+01:00', false],
      ['payload.day', 'more', '5', false],
      ['payload.gone', 'less', '5', false],
      ['payload.note', 'at-most', '5', false],
      ['payload.paid', 'exists', '', true],
      ['payload.note', 'exists', '', false],
      ['payload.note', 'missing', '', true],
      ['payload.gone.deeper', 'missing', '', true],
      ['payload.constructor', 'exists', '', false],
      ['payload.__proto__', 'exists', '', false],
    ];
    for (const [property, operator, value, expected] of cases)
      assert.equal(one(property, operator, value)(message), expected, `${property} ${operator} "${value}"`);
    assert.deepEqual([...new Set(cases.map(([, operator]) => operator))].sort(), [...ruleOperators].sort());
  });

  it('takes all rules, or one of them; none holds for everything', () => {
    const rules = [rule('payload.total', 'more', '5'), rule('topic', 'equals', 'other')];
    assert.equal(compileRules(rules, 'all')(message), false);
    assert.equal(compileRules(rules, 'any')(message), true);
    assert.equal(compileRules(rules.slice(1), 'any')(message), false);
    for (const match of ['all', 'any'] as const) assert.equal(compileRules([], match)(message), true);
  });

  it('refuses a rule that cannot work, by its number', () => {
    const wrong: [Rule, RegExp][] = [
      [rule(' ', 'equals', 'x'), /rule 2 .*names no property/],
      [rule('a', 'resembles'), /rule 2 .*"resembles" is no comparison/],
      [rule('a', 'constructor'), /rule 2 .*is no comparison/],
      [rule('a', 'more', 'much'), /rule 2 .*"much" is no number and no date/],
      [rule('a', 'less', ''), /rule 2 .*is no number and no date/],
      [{ property: 'a' } as Rule, /rule 2 .*is no comparison/],
      [{ operator: 'exists' } as Rule, /rule 2 .*names no property/],
    ];
    for (const [bad, message] of wrong)
      assert.throws(() => compileRules([rule('a', 'exists'), bad], 'all'), { code: 'CONFIG', message });
  });

  it('answers for any value, and never the same as its opposite', () => {
    const opposites = [
      ['equals', 'not-equals'],
      ['contains', 'not-contains'],
      ['exists', 'missing'],
    ] as const;
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), fc.constantFrom(...opposites), (found, value, [yes, no]) => {
        const at = { found };
        assert.notEqual(one('found', yes, value)(at), one('found', no, value)(at));
      }),
    );
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (found, value) => {
        const holds = (operator: string) => one('found', operator, String(value))({ found });
        assert.deepEqual(
          [holds('more'), holds('at-least'), holds('less'), holds('at-most'), holds('equals')],
          [found > value, found >= value, found < value, found <= value, found === value],
        );
      }),
    );
    assert.deepEqual(
      ruleOperators.filter((operator) => !takesValue(operator)),
      ['exists', 'missing'],
    );
  });
});

/** A condition as rules: a property, a comparison, a value. */
import {
  isOrdered,
  ruleOperators,
  takesOrder,
  takesValue,
  type Rule,
  type RuleOperator,
} from '../../src/exchange/rules';
import { isDataPath } from './checks';
import type { Part } from './dialog';
import { isDue, rowList, showRowProblem } from './rows';
import type { Texts } from './texts';

export interface RulesTableOptions {
  property: string;
  element: JQuery;
  rows: readonly Rule[];
  /** What a property looks like. */
  placeholder: string;
  t: Texts;
}

export function rulesTable({ property, element, rows, placeholder, t }: RulesTableOptions): Part {
  const list = rowList<Rule>(
    {
      element,
      property,
      columns: [t('rules.property'), t('rules.operator'), t('table.value')],
      grid: 'minmax(0, 5fr) minmax(0, 4fr) minmax(0, 4fr)',
      addText: t('table.add'),
      removeText: t('table.remove'),
      emptyText: t('empty.rules'),
      newRow: () => ({ property: '', operator: 'equals', value: '' }),
      build: (cells, rule) => build(cells, rule, placeholder, t),
    },
    rows,
  );
  return {
    property,
    read: () =>
      list
        .rows()
        .toArray()
        .map((row) => readRow($(row)))
        .filter((rule) => rule.property !== '' || rule.value !== ''),
    write: (rules) => list.fill(rules as Rule[]),
    // each row shows its own
    problem: () => undefined,
    check: () => {
      list.rows().each((_, element) => {
        const row = $(element);
        const [name, value] = [row.find('.nrhc-name'), row.find('.nrhc-value')];
        const rule = readRow(row);
        const wrongName = isDue(name) ? propertyProblem(rule, t) : undefined;
        const wrongValue = isDue(value) ? valueProblem(rule, t) : undefined;
        showRowProblem(row.children('.nrhc-cells'), wrongName ?? wrongValue, wrongName ? name : value);
      });
    },
  };
}

/** The first thing wrong in saved rules. */
export function rulesProblem(rules: unknown, t: Texts): string | undefined {
  if (!Array.isArray(rules)) return undefined;
  for (const rule of rules as Rule[]) {
    const problem = propertyProblem(rule, t) ?? valueProblem(rule, t);
    if (problem) return problem;
  }
  return undefined;
}

function build(cells: JQuery, rule: Rule, placeholder: string, t: Texts): void {
  textInput('nrhc-name', t('rules.property'), placeholder, rule.property).appendTo(cells);
  const operator = $('<select>', { class: 'nrhc-operator', 'aria-label': t('rules.operator') });
  for (const value of ruleOperators) {
    $('<option>', { value })
      .text(t(`ruleOperator.${value}`))
      .appendTo(operator);
  }
  operator.val(rule.operator).appendTo(cells);
  const value = textInput('nrhc-value', t('table.value'), '', rule.value).appendTo(cells);
  const show = () => value.css('visibility', takesValue(readOperator(cells)) ? '' : 'hidden');
  operator.on('change', show);
  show();
}

function textInput(name: string, label: string, placeholder: string, value: string): JQuery {
  const attributes = { type: 'text', class: name, 'aria-label': label, placeholder, spellcheck: 'false' };
  return $('<input>', attributes).val(value);
}

function readOperator(row: JQuery): RuleOperator {
  return row.find('.nrhc-operator').val() as RuleOperator;
}

function readRow(row: JQuery): Rule {
  const operator = readOperator(row);
  return {
    property: String(row.find('.nrhc-name').val()).trim(),
    operator,
    value: takesValue(operator) ? String(row.find('.nrhc-value').val()) : '',
  };
}

function propertyProblem({ property = '' }: Rule, t: Texts): string | undefined {
  if (property.trim() === '') return t('error.ruleProperty');
  return isDataPath(property.trim()) ? undefined : t('error.rulePath');
}

function valueProblem({ operator, value = '' }: Rule, t: Texts): string | undefined {
  return takesOrder(operator) && !isOrdered(value) ? t('error.ruleOrder') : undefined;
}

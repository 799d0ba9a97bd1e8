import assert from 'node:assert/strict';
import type { Syntax } from '../../../../nodes/editor/picker/paths';
import { propertiesOf } from '../../../../nodes/editor/picker/properties';
import { mostFound, treeRows, type Folds, type PickGroup } from '../../../../nodes/editor/picker/tree-rows';

const group = (id: string, message: Record<string, unknown>): PickGroup => ({
  id,
  name: `node ${id}`,
  note: '',
  properties: propertiesOf(message),
});

const groups = [
  group('1', { payload: [{ id: 7, deep: { 'a.b': 'x' } }], headers: { accept: 'json' } }),
  group('2', { topic: 'orders' }),
];

/** Names as they are indented, with what is put in. */
function rows(words = '', folds: Folds = new Map(), syntax: Syntax = 'template'): string[] {
  return treeRows(groups, syntax, folds, words).map(
    ({ level, text, property, path }) =>
      `${'-'.repeat(level - 1)}${text}${property ? ` = ${path ?? 'no way'}` : ''}`,
  );
}

describe('nodes/editor/picker/tree-rows', () => {
  it('shows each node with the payload unfolded, down to the names of its first record', () => {
    assert.deepEqual(rows(), [
      'node 1',
      '-payload = payload',
      '--[0] = payload.0',
      '---id = payload.0.id',
      '---deep = payload.0.deep',
      '-headers = headers',
      'node 2',
      '-topic = topic',
    ]);
  });

  it('folds and unfolds what the user does', () => {
    const folds = new Map([
      ['1/["payload"]', false],
      ['1/["headers"]', true],
      ['2', false],
    ]);
    assert.deepEqual(rows('', folds), [
      'node 1',
      '-payload = payload',
      '-headers = headers',
      '--accept = headers.accept',
      'node 2',
    ]);
  });

  it('finds names and values in any order, folded or not, by their whole path', () => {
    assert.deepEqual(rows('deep'), [
      'node 1',
      '-payload[0].deep = payload.0.deep',
      '-payload[0].deep.`a.b` = payload.0.deep["a.b"]',
    ]);
    assert.equal(rows('deep', new Map(), 'data').at(-1), '-payload[0].deep.`a.b` = no way');
    assert.deepEqual(rows('X deep', new Map([['1', false]]), 'msg'), [
      'node 1',
      '-payload[0].deep.`a.b` = payload[0].deep["a.b"]',
    ]);
    assert.deepEqual(rows('ORDERS'), ['node 2', '-topic = topic']);
    assert.deepEqual(rows('node 2'), ['node 2', '-topic = topic']);
    assert.deepEqual(rows('nowhere'), []);
  });

  it('shows no more than a person reads', () => {
    const names = Object.fromEntries(
      Array.from({ length: 99 }, (_, index) => [`n${index}`, { n: index, m: 1 }]),
    );
    assert.equal(treeRows([group('1', names)], 'msg', new Map(), 'n').length, mostFound + 1);
  });
});

import assert from 'node:assert/strict';
import { PathPattern } from '../../src/webhook/path-pattern';
import { RouteTable, RouteTaken } from '../../src/webhook/route-table';

const route = (path: string, ...methods: string[]) => ({ methods, pattern: new PathPattern(path) });

describe('webhook/route-table', () => {
  it('finds a route by method and path', () => {
    const table = new RouteTable();
    const a = route('a', 'POST', 'PUT');
    table.add(a);
    assert.equal(table.find('PUT', '/a'), a);
    assert.equal(table.find('GET', '/a'), undefined);
    assert.equal(table.find('POST', '/b'), undefined);
  });

  it('refuses a second route with a method and a path of the first, and names the first', () => {
    const table = new RouteTable<ReturnType<typeof route>>();
    const first = route('a/:id', 'POST', 'PUT');
    table.add(first);
    assert.throws(
      () => table.add(route('/A/:name', 'GET', 'PUT')),
      (error) => error instanceof RouteTaken && error.by === first && error.method === 'PUT',
    );
    table.add(route('a/:id', 'GET'));
    table.add(route('a/b', 'POST'));
    assert.equal(table.size, 3);
  });

  it('gives a path to the more specific route, whatever the order', () => {
    const special = route('a/b/:x', 'POST');
    const general = route('a/:y/c', 'POST');
    for (const order of [
      [special, general],
      [general, special],
    ]) {
      const table = new RouteTable();
      for (const entry of order) table.add(entry);
      assert.equal(table.find('POST', '/a/b/c'), special);
      assert.equal(table.find('POST', '/a/x/c'), general);
    }
  });

  it('frees what is deleted', () => {
    const table = new RouteTable();
    const first = route('a', 'POST');
    table.add(first);
    table.delete(first);
    assert.equal(table.size, 0);
    assert.equal(table.find('POST', '/a'), undefined);
    table.add(route('a', 'POST'));
  });
});

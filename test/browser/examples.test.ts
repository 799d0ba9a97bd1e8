import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inEachEditor, root } from './session';

const folder = join(root, 'examples');

inEachEditor('the shipped examples', (session) => {
  it('runs the example of a signed webhook: imported with its secrets, deployed, its event in the debug side bar', async () => {
    await session.editor.importExample('node-red-contrib-http-connector', '12 - Signed webhook');
    await session.editor.pointTo(session.nodeRed.port);
    await session.deploy();
    await session.editor.press(await session.editor.find('inject', 'A payment comes in'));
    const event = await session.editor.debugMessage(/Payment/);
    await session.shoot('light-example-webhook');
    assert.match(event, /event\n/);
  });

  it('runs the request example: an answer and a failure', async () => {
    await session.editor.importExample('node-red-contrib-http-connector', '01 - Send a request');
    await session.editor.pointTo(session.nodeRed.port);
    await session.deploy();
    await session.editor.press(await session.editor.find('inject', 'Order 1001'));
    assert.match(await session.editor.debugMessage(/Grace/), /answer/);
    await session.editor.press(await session.editor.find('inject', 'Order that does not exist'));
    assert.match(await session.editor.debugMessage(/HTTP_404/), /failure/);
  });

  it('runs the polling example: a record that comes in is seen once', async () => {
    await session.editor.importExample('node-red-contrib-http-connector', '03 - Poll for new records');
    await session.editor.pointTo(session.nodeRed.port);
    await session.deploy();
    const trigger = await session.editor.find('polling-trigger');
    await session.editor.status(trigger, /known|unchanged/);
    await session.editor.press(await session.editor.find('inject', 'A lead comes in'));
    await session.editor.debugMessage(/New lead/);
    await session.editor.status(trigger, /unchanged/);
    assert.equal(await session.editor.debugCount(/New lead/), 1);
  });

  it('finds every field of every example valid', async () => {
    // those that the tests above have imported are there
    const others = readdirSync(folder).filter((file) => !/^(01|03|12) /.test(file));
    const nodes = others.flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as object[]);
    await session.editor.import(nodes);
    const wrong = await session.editor.page.evaluate(() => {
      interface Node {
        name: string;
        valid: boolean;
        validationErrors: unknown;
      }
      type Each = (visit: (node: Node) => void) => void;
      const { nodes } = (window as unknown as { RED: { nodes: { eachNode: Each; eachConfig: Each } } }).RED;
      const found: Node[] = [];
      nodes.eachNode((node) => void found.push(node));
      nodes.eachConfig((node) => void found.push(node));
      return found
        .filter(({ valid }) => !valid)
        .map(({ name, validationErrors }) => `${name}: ${String(validationErrors)}`);
    });
    assert.deepEqual(wrong, []);
  });
});

import assert from 'node:assert/strict';
import { inEachEditor } from './session';

inEachEditor('the shipped examples', (session) => {
  it('runs the webhook example: imported, deployed, its event in the debug side bar', async () => {
    await session.editor.importExample('node-red-contrib-http-connector', '02 - Receive a webhook');
    await session.editor.pointTo(session.nodeRed.port);
    await session.deploy();
    await session.editor.press(await session.editor.find('inject'));
    const event = await session.editor.debugMessage(/New order/);
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
});

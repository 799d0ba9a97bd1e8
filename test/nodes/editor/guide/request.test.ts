/** What the guide of a request works out: which connection fits, and the message when a part is kept. */
import assert from 'node:assert/strict';
import { propertyIn, withPart } from '../../../../nodes/send-request/editor/answer-part';
import { urlWithin } from '../../../../nodes/send-request/editor/connection-fit';
import { fits } from '../../../../nodes/send-request/editor/connection-offers';

const connection = (fields: object) =>
  ({ id: 'c', type: 'http-connection', baseUrl: '', allowedHosts: '', auth: 'none', ...fields }) as never;

describe('nodes/editor/guide: a request', () => {
  const shop = connection({ baseUrl: 'https://shop.example/v1/', auth: 'basic' });

  it('goes through a connection that covers it, relative to its base URL', () => {
    assert.equal(urlWithin(shop, 'https://shop.example/v1/orders?x=1'), '/orders?x=1');
    assert.equal(urlWithin(shop, 'https://shop.example/v10/orders'), undefined);
    assert.equal(urlWithin(shop, 'https://other.example/v1/orders'), undefined);
    const hosts = connection({ allowedHosts: '*.example', auth: 'bearer' });
    assert.equal(urlWithin(hosts, 'https://any.example/a'), 'https://any.example/a');
    assert.equal(urlWithin(connection({ baseUrl: '${SHOP}' }), 'https://shop.example/'), undefined);
  });

  it('fits what only a message decides, and a connection without credentials and bounds', () => {
    assert.ok(fits(shop, 'orders'));
    assert.ok(fits(shop, ''));
    assert.ok(fits(shop, 'https://{{payload.host}}/orders'));
    assert.ok(!fits(shop, 'https://other.example/'));
    assert.ok(fits(connection({}), 'https://other.example/'));
    assert.ok(!fits(connection({}), '/orders'));
    assert.ok(!fits(connection({ auth: 'basic' }), 'https://other.example/'));
  });

  it('keeps a part in the place of the body, and leaves the answer as it was', () => {
    const message = { payload: { result: { data: [{ id: 7 }] } }, statusCode: 200 };
    assert.deepEqual(propertyIn(message, 'payload.result'), { data: [{ id: 7 }] });
    assert.equal(propertyIn(message, 'payload.none.deeper'), undefined);
    const kept = withPart(message, 'payload.result', 'data[0].id');
    assert.deepEqual(kept, { payload: { result: 7 }, statusCode: 200 });
    assert.deepEqual(message.payload.result, { data: [{ id: 7 }] });
    assert.deepEqual(withPart(message, 'payload', ''), message);
    assert.deepEqual(withPart(message, 'nowhere.at.all', 'x'), message);
  });
});

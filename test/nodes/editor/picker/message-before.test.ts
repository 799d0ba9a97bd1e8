import assert from 'node:assert/strict';
import { Unseen } from '../../../../nodes/editor/picker/known-message';
import { messageOf } from '../../../../nodes/editor/picker/message-before';

describe('nodes/editor/picker/message-before', () => {
  it('puts the values together, those of the nearest node over the others', () => {
    const nearest = { properties: { payload: { id: 7 }, list: [1, null] } };
    const further = { properties: { payload: 'old', topic: 'orders' } };
    assert.deepEqual(messageOf([nearest, further]), { payload: { id: 7 }, list: [1, null], topic: 'orders' });
  });

  it('leaves out what is known by name only', () => {
    const properties = {
      payload: { id: new Unseen('number'), total: 0, items: [new Unseen(), 1], note: {} },
      event: { id: new Unseen() },
      topic: new Unseen('string'),
    };
    assert.deepEqual(messageOf([{ properties }]), { payload: { total: 0, items: [1], note: {} } });
  });

  it('is nothing where no value was seen', () => {
    for (const sources of [[], [{ properties: {} }], [{ properties: { payload: new Unseen() } }]]) {
      assert.equal(messageOf(sources), undefined);
    }
  });
});

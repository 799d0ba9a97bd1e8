/** The example of a signature in the dialog, against what the verifier makes of such a delivery. */
import assert from 'node:assert/strict';
import { signedExample } from '../../../nodes/webhook-trigger/editor/signed-example';
import { presets, type Preset } from '../../../src/webhook/verification/presets';
import { parseSignedContent, renderSignedContent } from '../../../src/webhook/verification/signed-content';

describe('nodes/webhook-trigger/the example of a signature', () => {
  for (const [id, { label, verification }] of Object.entries<Preset>(presets)) {
    if (verification.kind !== 'signature') continue;
    it(`of ${label} is what its verifier signs`, () => {
      const { scheme } = verification;
      const url = 'https://example.com/hooks/new-order';
      const { headers, body, signed } = signedExample(scheme, url);
      const named = Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
      const { timestamp } = scheme;
      const stamp = /\d{10,}/.exec(
        timestamp?.from === 'header' ? named[timestamp.name]! : named[scheme.header]!,
      );
      const type = scheme.text.includes('{form}') ? 'application/x-www-form-urlencoded' : 'application/json';
      const delivery = {
        ...{ method: 'POST', url: '/hooks/new-order', params: {}, ip: '' },
        headers: { ...named, 'content-type': type },
        body: Buffer.from(body),
      };
      const known = { id: named[scheme.idHeader] ?? '', timestamp: timestamp ? (stamp?.[0] ?? '') : '', url };
      const text = renderSignedContent(parseSignedContent(scheme.text), delivery, known);
      assert.equal(signed, text.toString('utf8'), id);
    });
  }
});

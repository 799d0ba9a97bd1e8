import assert from 'node:assert/strict';
import { Listening } from './listening';

/** A choice that is not made, with what was left behind in its fields. */
const unused: [what: string, fields: object][] = [
  ['a burst beside no rate', { rateLimit: 0, rateBurst: '' }],
  ['a burst that is none', { rateLimit: 0, rateBurst: 'many' }],
  ['the folder of files that stay Buffers', { files: 'buffer', filesFolder: '' }],
  ['a folder where no parts are made', { files: 'file', filesFolder: '', payload: 'json' }],
  ['an expression beside rules', { conditionBy: 'rules', condition: 'not ( JSONata' }],
  ['rules beside an expression', { conditionBy: 'jsonata', conditionRules: [{ property: '' }] }],
  ['a list that is not split', { split: false, splitPath: '..' }],
  ['an id by which nothing is known', { repeatBy: 'none', repeatName: '' }],
  ["a token's tolerance", { jwt: { tolerance: '' } }],
  ["a message signature's tolerance", { messageSignature: { tolerance: 'x' } }],
  ["a signature's tolerance", { signature: { timestampTolerance: '' } }],
  ['how long repeats are known', { repeatBy: 'none', repeatWindow: '' }],
  [
    'how the flow is done with an event',
    { acknowledge: 'handover', concurrency: '', maxAttempts: '', doneTimeout: '' },
  ],
  ['the wait before another hand-over', { retryDelay: '', retryMaxDelay: '' }],
  ["the time for the flow's answer", { answerTimeout: '' }],
  ['proxies that are not asked about', { allowedIps: '', trustedProxies: 'no address' }],
];

describe('nodes/webhook-trigger: what is left behind in fields that are not used', () => {
  for (const [what, fields] of unused) {
    it(`does not matter: ${what}`, async () => {
      await using hook = await new Listening().open(fields);
      assert.deepEqual(hook.flow.errors('hook'), []);
      assert.equal((await hook.json({ a: 1 })).status, 200);
      assert.deepEqual((await hook.flow.first('out'))[0]!.payload, { a: 1 });
    });
  }

  it('does not matter: the tolerance of a signature without a timestamp', async () => {
    const signature = { text: '{body}', header: 'X-Sign', timestampFrom: 'none', timestampTolerance: '' };
    const fields = { verification: 'signature', signature };
    await using hook = await new Listening().open(fields, { secret: 'a secret' });
    assert.deepEqual(hook.flow.errors('hook'), []);
    assert.equal((await hook.json({})).status, 401);
  });

  it('matters where it is used', async () => {
    for (const [fields, message] of [
      [{ rateLimit: 5, rateBurst: '' }, /the burst must be a number/],
      [{ rateLimit: '' }, /the rate must be a number/],
      [{ files: 'file', filesFolder: '', payload: 'multipart' }, /no folder is set/],
      [{ condition: 'not ( JSONata' }, /the condition is not valid JSONata/],
      [{ conditionBy: 'rules', conditionRules: [{ property: '' }] }, /rule 1 .*names no property/],
      [
        { verification: 'signature', signature: { timestampFrom: 'header', timestampTolerance: '' } },
        /the timestamp's tolerance must be a number/,
      ],
    ] as const) {
      await using hook = await new Listening().open(fields, { secret: 'a secret' });
      assert.match(String(hook.flow.errors('hook')[0]?.[0]), message);
    }
  });
});

describe('nodes/webhook-trigger: a condition of rules', () => {
  const total = { property: 'payload.total', operator: 'more', value: '100' };
  const country = { property: 'request.headers.x-country', operator: 'equals', value: 'NZ' };

  it('holds back what it does not hold for, and answers it as a success', async () => {
    const fields = { conditionBy: 'rules', conditionRules: [total, country] };
    await using hook = await new Listening().open(fields);
    for (const [n, country] of [
      [50, 'NZ'],
      [150, 'AU'],
      [151, 'NZ'],
      [152, 'NZ'],
    ] as const) {
      assert.equal((await hook.json({ total: n }, { 'X-Country': country })).status, 200);
    }
    const messages = await hook.flow.first('out', 2);
    assert.deepEqual(
      messages.map(({ payload }) => payload),
      [{ total: 151 }, { total: 152 }],
    );
  });

  it('may be one of several, and may be none', async () => {
    for (const [fields, expected] of [
      [{ conditionRules: [total, country], conditionMatch: 'any' }, [150, 7]],
      [{ conditionRules: [] }, [1, 150, 7]],
    ] as const) {
      await using hook = await new Listening().open({ conditionBy: 'rules', ...fields });
      await hook.json({ total: 1 });
      await hook.json({ total: 150 });
      await hook.json({ total: 7 }, { 'X-Country': 'NZ' });
      const messages = await hook.flow.first('out', expected.length);
      assert.deepEqual(
        messages.map(({ payload }) => (payload as { total: number }).total),
        expected,
      );
    }
  });
});

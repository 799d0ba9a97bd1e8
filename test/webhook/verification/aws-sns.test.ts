import assert from 'node:assert/strict';
import { AwsSns, isAwsSnsUrl } from '../../../src/webhook/verification/aws-sns';
import { selfSigned } from '../../support/certificate';
import { publicSuite } from '../../support/public-suites';
import { delivery, detailOf, refusalOf } from './support';

interface Fixture {
  keys: { certificatePem: string };
  samples: { bodyText: string; now: number }[];
}
const fixture = publicSuite<Fixture>('messages of AWS SNS', 'webhook-aws-sns.json');
const topic = 'arn:aws:sns:us-east-1:123456789012:MyTopic';

describe('webhook/verification/aws-sns', () => {
  it('knows the hosts of SNS', () => {
    for (const good of [
      'https://sns.us-east-1.amazonaws.com/a',
      'https://sns.cn-north-1.amazonaws.com.cn/a',
    ]) {
      assert.equal(isAwsSnsUrl(good), true, good);
    }
    for (const bad of [
      '',
      'x',
      'https://sns.amazonaws.com/',
      'https://sns.us-east-1.amazonaws.com./',
      'https://a.sns.us-east-1.amazonaws.com/',
    ]) {
      assert.equal(isAwsSnsUrl(bad), false, bad);
    }
  });

  it('refuses everything without the ARN of a topic', async () => {
    const fetchText = () => Promise.reject(new Error('unused'));
    for (const topics of [[], [''], ['*'], ['arn:aws:s3:::bucket'], [topic, 'x']]) {
      const own = new AwsSns({ topics, fetchText });
      assert.equal((await refusalOf(own, delivery({ body: '{}' })))?.code, 'CONFIG', topics.join());
    }
  });

  if (!fixture) return;
  const { samples, keys } = fixture;
  const { bodyText, now } = samples[0]!;
  const message = JSON.parse(bodyText) as Record<string, string>;
  const changed = (change: Record<string, unknown>) =>
    delivery({ body: JSON.stringify({ ...message, ...change }) });
  let fetched = 0;
  const verifier = (own: Partial<ConstructorParameters<typeof AwsSns>[0]> = {}) => {
    fetched = 0;
    const fetchText = () => {
      fetched++;
      return Promise.resolve(keys.certificatePem);
    };
    return new AwsSns({ topics: [topic], fetchText, now: () => now * 1000, ...own });
  };

  it('takes a message of its topics, and nothing that was changed in it', async () => {
    assert.equal(await detailOf(verifier(), changed({})), '');
    assert.equal(
      await detailOf(verifier({ topics: ['arn:aws:sns:us-east-1:123456789012:*'] }), changed({})),
      '',
    );
    // not signed, and so nobody's word
    assert.equal(await detailOf(verifier(), changed({ UnsubscribeURL: 'x' })), '');
    for (const change of [
      { Message: 'x' },
      { MessageId: 'x' },
      { Subject: 'x' },
      { Subject: undefined },
      { Timestamp: '2026-01-01T00:00:00.001Z' },
      { TopicArn: `${topic}2` },
      { Type: 'SubscriptionConfirmation' },
      { Type: 'toString' },
      { SignatureVersion: '2' },
      { SignatureVersion: '3' },
      { Signature: '' },
      { Signature: 'AAAA' },
      { Signature: 1 },
      { SigningCertURL: message.SigningCertURL!.replace('us-east-1', 'eu-west-1') },
      { SigningCertURL: 'https://sns.us-east-1.amazonaws.com/other.pem' },
      { SigningCertURL: `${message.SigningCertURL}?x=1` },
    ]) {
      assert.equal((await refusalOf(verifier(), changed(change)))?.status, 401, JSON.stringify(change));
    }
    assert.match(await detailOf(verifier({ now: () => (now + 7201) * 1000 }), changed({})), /7201 s old/);
    for (const body of ['', '[]', 'null', '"x"', '{']) {
      assert.equal((await refusalOf(verifier(), delivery({ body })))?.status, 401, body);
    }
  });

  it('fetches a certificate once, again after a failure, and never often', async () => {
    const own = verifier();
    assert.deepEqual(await Promise.all([detailOf(own, changed({})), detailOf(own, changed({}))]), ['', '']);
    assert.equal(fetched, 1);
    let time = now * 1000;
    let calls = 0;
    let answer = () => Promise.reject<string>(new Error('down'));
    const flaky = verifier({ now: () => time, fetchText: () => (calls++, answer()) });
    for (let i = 0; i < 20; i++) assert.equal((await refusalOf(flaky, changed({})))?.status, 503);
    assert.equal(calls, 6);
    time += 60_000;
    answer = () => Promise.resolve('no certificate');
    assert.equal((await refusalOf(flaky, changed({})))?.status, 503);
    // an elliptic key is not one of SNS
    answer = () => Promise.resolve(selfSigned(['sns.us-east-1.amazonaws.com']).cert);
    assert.equal((await refusalOf(flaky, changed({})))?.status, 503);
    answer = () => Promise.resolve(keys.certificatePem);
    assert.equal(await detailOf(flaky, changed({})), '');
  });
});

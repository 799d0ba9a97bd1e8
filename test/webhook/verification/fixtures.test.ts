import assert from 'node:assert/strict';
import { makeVerifier } from '../../../src/webhook/verification/make-verifier';
import type { PresetId } from '../../../src/webhook/verification/presets';
import { publicSuite } from '../../support/public-suites';
import { delivery, refusalOf } from './support';

interface Fixture {
  keys?: { certificatePem: string };
  samples: {
    name: string;
    expect: 'valid' | 'invalid' | 'either';
    now: number;
    method: string;
    url: string;
    secret?: string;
    headers: Record<string, string>;
    bodyBase64: string;
  }[];
}

/** Made and judged by the providers' own libraries. */
const suites: Record<string, [PresetId, least: number]> = {
  'aws-sns': ['aws-sns', 6],
  'discord-ed25519': ['discord', 6],
  github: ['github', 13],
  hubspot: ['hubspot', 11],
  line: ['line', 6],
  linear: ['linear', 2],
  paddle: ['paddle', 8],
  'sendgrid-ecdsa': ['sendgrid', 6],
  shopify: ['shopify', 6],
  slack: ['slack', 10],
  square: ['square', 6],
  'standard-webhooks': ['standard-webhooks', 12],
  stripe: ['stripe', 11],
  svix: ['svix', 12],
  twilio: ['twilio', 6],
  zoom: ['zoom', 2],
};

for (const [file, [preset, least]] of Object.entries(suites)) {
  const fixture = publicSuite<Fixture>(`webhooks of ${file}`, `webhook-${file}.json`);
  if (!fixture) continue;
  const { samples, keys } = fixture;
  describe(`webhook/verification with what ${file} sends`, () => {
    it('is whole', () => assert(samples.length >= least, String(samples.length)));

    for (const sample of samples) {
      const verifier = makeVerifier(
        { kind: 'preset', preset },
        {
          secrets: [sample.secret ?? 'arn:aws:sns:us-east-1:123456789012:MyTopic'],
          publicUrl: '',
          now: () => sample.now * 1000,
          fetchText: (url) => {
            assert.match(url, /^https:\/\/sns\.us-east-1\.amazonaws\.com\//);
            return Promise.resolve(keys!.certificatePem);
          },
        },
      );
      const sent = (headers = sample.headers) =>
        delivery({ ...sample, headers, body: Buffer.from(sample.bodyBase64, 'base64') });

      it(`${sample.name}: ${sample.expect}`, async () => {
        const refusal = await refusalOf(verifier, sent());
        if (sample.expect === 'valid') assert.equal(refusal?.detail, undefined);
        if (sample.expect === 'invalid') {
          assert.equal(refusal?.code, 'UNAUTHORIZED', refusal?.detail);
          assert.equal(refusal.message, 'the delivery could not be verified');
        }
      });

      if (sample.expect !== 'valid') continue;
      it(`${sample.name}: not when any signed header is missing, empty or there twice`, async () => {
        const scheme = Object.keys(sample.headers).filter((name) =>
          /signature|hmac|timestamp$|(?:webhook|svix)-id$/i.test(name),
        );
        // GitHub's old header, beside the one that counts; Shopify's and the like are not signed
        const signed = scheme.filter((name) => !/^x-hub-signature$|shopify-.*-id$/i.test(name));
        for (const name of signed) {
          const value = sample.headers[name]!;
          const without: Record<string, string> = { ...sample.headers };
          delete without[name];
          for (const headers of [
            without,
            { ...without, [name]: '' },
            { ...without, [name]: `${value}, ${value}` },
          ]) {
            const refusal = await refusalOf(verifier, sent(headers));
            // in a list several signatures are allowed, and one of these is the right one
            if (!(headers[name]?.includes(', ') && /^(?:webhook|svix|paddle)-signature$/i.test(name)))
              assert.equal(refusal?.code, 'UNAUTHORIZED', `${name}: ${headers[name]}`);
          }
        }
      });
    }
  });
}

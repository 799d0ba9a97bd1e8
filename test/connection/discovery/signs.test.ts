/** What a server's answer and its host say about the authentication it wants. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseChallenges } from '../../../src/connection/auth/challenge';
import { issuerDocuments, readIssuer, readResource } from '../../../src/connection/discovery/documents';
import { suggestAuth } from '../../../src/connection/discovery/signs';
import type { Facts } from '../../../src/connection/discovery/suggestion';

const server = { issuer: 'https://login.example.com', code: true, client: true };

function facts(url: string, statusCode?: number, header = '', rest: Partial<Facts> = {}): Facts {
  const answer =
    statusCode === undefined ? {} : { answer: { statusCode, challenges: parseChallenges(header) } };
  return { url: new URL(url), named: [], beside: [], ...answer, ...rest };
}

const schemesOf = (given: Facts) => suggestAuth(given).map(({ scheme }) => scheme);
const api = 'https://api.example.com/v1';

describe('connection/discovery/signs', () => {
  it('goes by the challenges, the one that sends no password first', () => {
    const header = 'Basic realm="Shop", Digest realm="Shop", nonce="n", NTLM, Negotiate';
    const found = suggestAuth(facts(api, 401, header));
    assert.deepEqual(
      found.map(({ scheme }) => scheme),
      ['digest', 'basic', 'ntlm'],
    );
    assert.deepEqual(found[1]!.reason, {
      code: 'challengeRealm',
      values: { status: 401, asked: 'Basic', realm: 'Shop' },
    });
    assert.deepEqual(found[2]!.reason, { code: 'challenge', values: { status: 401, asked: 'NTLM' } });
  });

  it('puts a login that the service names before a token by hand, and takes its scope over', () => {
    const header = 'Bearer scope="read write"';
    const found = suggestAuth(facts(api, 401, header, { named: [server] }));
    assert.deepEqual(
      found.map(({ scheme, reason }) => [scheme, reason.code]),
      [
        ['oauth-code', 'resource'],
        ['oauth-client', 'resource'],
        ['bearer', 'challenge'],
      ],
    );
    assert.deepEqual(found[0]!.settings, { issuer: 'https://login.example.com', scope: 'read write' });
  });

  it('trusts what lies beside a service only as far as the service asks for tokens', () => {
    const beside = { beside: [server] };
    assert.deepEqual(schemesOf(facts(api, 401, 'Bearer', beside)), ['oauth-code', 'oauth-client', 'bearer']);
    assert.deepEqual(schemesOf(facts(api, 401, 'Basic', beside)), ['basic', 'oauth-code', 'oauth-client']);
    assert.deepEqual(schemesOf(facts(api, 200, '', beside)), ['none', 'oauth-code', 'oauth-client']);
    assert.deepEqual(schemesOf(facts(api, 404, '', beside)), ['oauth-code', 'oauth-client']);
  });

  it('says the grants that a server has', () => {
    const some = (code: boolean, client: boolean) => ({ named: [{ ...server, code, client }] });
    assert.deepEqual(schemesOf(facts(api, 401, '', some(true, false))), ['oauth-code']);
    assert.deepEqual(schemesOf(facts(api, 401, '', some(false, true))), ['oauth-client']);
  });

  it('knows AWS by its host, with service and region', () => {
    for (const [host, service, region] of [
      ['s3.eu-central-1.amazonaws.com', 's3', 'eu-central-1'],
      ['bucket.s3.eu-west-3.amazonaws.com', 's3', 'eu-west-3'],
      ['ab12.execute-api.us-east-2.amazonaws.com', 'execute-api', 'us-east-2'],
      ['search-x-1.us-east-1.es.amazonaws.com', 'es', 'us-east-1'],
      ['sqs.cn-north-1.amazonaws.com.cn', 'sqs', 'cn-north-1'],
      ['iam.amazonaws.com', 'iam', 'us-east-1'],
      ['ab12.lambda-url.us-west-2.on.aws', 'lambda', 'us-west-2'],
    ] as const) {
      const [first] = suggestAuth(facts(`https://${host}/`, 403));
      assert.equal(first?.scheme, 'aws', host);
      assert.deepEqual(first.settings, { service, region }, host);
    }
    assert.deepEqual(schemesOf(facts('https://amazonaws.com.example.org/', 403)), ['headers', 'bearer']);
    assert.deepEqual(schemesOf(facts('https://s3.eu-west-1.amazonaws.com/open', 200)), ['none', 'aws']);
  });

  it('knows services of Azure, and the tenant when they say it', () => {
    const uri = 'authorization_uri="https://login.windows.net/11111111-2222-3333-4444-555555555555"';
    const [found] = suggestAuth(facts('https://management.azure.com/', 401, `Bearer ${uri}, error="x"`));
    assert.equal(found!.scheme, 'oauth-client');
    assert.deepEqual(found!.settings, {
      azureCloud: 'public',
      azureTenant: '11111111-2222-3333-4444-555555555555',
      scope: 'https://management.azure.com/.default',
    });
    const vault = suggestAuth(facts('https://mine.vault.azure.net/', 401, 'Bearer'))[0]!;
    assert.deepEqual(vault.settings, {
      azureCloud: 'public',
      azureTenant: '',
      scope: 'https://vault.azure.net/.default',
    });
  });

  it('says nothing where there is no sign, and the common ones where credentials are missing', () => {
    assert.deepEqual(schemesOf(facts(api, 404)), []);
    assert.deepEqual(schemesOf(facts(api, 500)), []);
    assert.deepEqual(schemesOf(facts(api)), []);
    assert.deepEqual(schemesOf(facts(api, 401)), ['headers', 'bearer']);
    assert.deepEqual(schemesOf(facts(api, 401, 'ApiKey')), ['headers']);
  });

  it('never breaks on a header, and suggests each scheme once', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(200, 401, 403, 407), (header, status) => {
        const schemes = schemesOf(facts(api, status, header));
        assert.equal(new Set(schemes).size, schemes.length);
      }),
    );
  });
});

describe('connection/discovery/documents', () => {
  const issuer = new URL('https://login.example.com/tenant');
  const metadata = { issuer: issuer.href, token_endpoint: 'https://login.example.com/token' };

  it('are where the standards put them', () => {
    assert.deepEqual(
      issuerDocuments(issuer).map(({ pathname }) => pathname),
      [
        '/.well-known/oauth-authorization-server/tenant',
        '/tenant/.well-known/openid-configuration',
        '/.well-known/openid-configuration/tenant',
      ],
    );
    assert.equal(issuerDocuments(new URL('https://login.example.com')).length, 2);
  });

  it('of another issuer count for nothing', () => {
    assert.deepEqual(readIssuer(metadata, issuer), { issuer: issuer.href, code: false, client: true });
    assert.equal(readIssuer({ ...metadata, issuer: 'https://evil.example' }, issuer), undefined);
    assert.equal(readIssuer({ issuer: issuer.href }, issuer), undefined);
    for (const junk of [undefined, null, 7, 'text', [], {}])
      assert.equal(readIssuer(junk, issuer), undefined);
  });

  it('keep the issuer as it writes itself', () => {
    const asked = new URL('https://login.example.com');
    const found = readIssuer({ ...metadata, issuer: 'https://login.example.com/' }, asked);
    assert.equal(found?.issuer, 'https://login.example.com/');
  });

  it('of a service must be about that service, and lead nowhere in the clear', () => {
    const service = new URL('https://api.example.com/v1');
    const of = (resource: unknown, ...servers: unknown[]) =>
      readResource({ resource, authorization_servers: servers }, service).map(({ href }) => href);
    assert.deepEqual(of('https://api.example.com/v1', issuer.href), [issuer.href]);
    assert.deepEqual(of('https://api.example.com', issuer.href), [issuer.href]);
    assert.deepEqual(of('https://api.example.com/v1/other', issuer.href), []);
    assert.deepEqual(of('https://api.example.org/v1', issuer.href), []);
    assert.deepEqual(of(undefined, issuer.href), []);
    assert.deepEqual(
      of('https://api.example.com/v1', 'http://169.254.169.254/', 'https://a:b@x.example', 'no', 7),
      [],
    );
  });
});

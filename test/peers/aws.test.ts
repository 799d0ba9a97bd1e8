import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { aws, type AwsTarget } from '../../src/connection/auth/aws';
import { awsRole, type AwsRole, type AwsSdk } from '../../src/connection/auth/aws-roles';
import type { Authenticator } from '../../src/connection/auth/authenticator';
import type { Request } from '../../src/connection/connection';
import { connect } from '../support/connect';
import { startServer, type Received, type TestServer } from '../support/server';
import { installPeer, startPeer, type Peer } from './peer';

const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const temporary = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'temporarySecret/+=',
  sessionToken: 'FwoGZXIvYXdzEXAMPLETOKEN//////////==',
};
const s3 = { region: 'eu-central-1', service: 's3' };
const api = { region: 'eu-central-1', service: 'execute-api' };

describe("AWS SigV4 against AWS's own signer", () => {
  let oracle: Peer;
  before(async () => (oracle = await startPeer('sigv4-oracle')));
  after(() => oracle?.stop());

  /** The oracle's verdict: '' or its reason. */
  async function verdict(authenticator: Authenticator, request: Request): Promise<string> {
    const connection = connect({ baseUrl: oracle.url, authenticator });
    try {
      const { body } = await connection.send(request);
      const judged = JSON.parse(body.toString()) as { verified: boolean; reason?: string };
      return judged.verified ? '' : `${judged.reason} ${JSON.stringify(judged)}`;
    } finally {
      await connection.close();
    }
  }

  const urls = [
    '/',
    '/bucket/a+b',
    '/bucket/a%2Bb',
    '/bucket/a b',
    '/bucket/a%20b',
    '/bucket/100%25',
    '/bucket/ünïcødé/日本/😀',
    '/bucket/%C3%BC',
    "/bucket/!$&'()*,;=:@",
    '/bucket/-._~',
    '/bucket/%7Etilde%41',
    '/bucket/a/../b/./c',
    '/bucket/slash/',
    '/q?a=1&b=2',
    '/q?b=2&a=1&C=3',
    '/q?a=b c&z=%20&plus=%2B',
    '/q?a=b+c',
    '/q?ü=é&日=本',
    '/q?a=x/y:z,(1)*!&b=[0]',
    '/q?acl',
    '/q?acl&list-type=2&prefix=',
    '/q?a=b=c&d==',
    '/q?Z=1&a=2&_=3&A=4',
  ];
  for (const [name, target] of [
    ['s3', s3],
    ['execute-api', api],
  ] as [string, AwsTarget][]) {
    for (const url of urls) {
      for (const method of ['GET', 'PUT']) {
        it(`${name}: ${method} ${url}`, async () => {
          const body = method === 'PUT' ? Buffer.from('{"ü": "body"}') : undefined;
          assert.equal(await verdict(aws(key, target), { method, url, body }), '');
        });
      }
    }
    it(`${name}: query of the request, headers with blanks, an empty body`, async () => {
      const request: Request = {
        method: 'POST',
        url: '/x?b=2',
        query: [
          ['a', "it's (a) +*"],
          ['z', ''],
          ['1', 'ü'],
        ],
        headers: { 'X-Custom': '  a   b  ', 'content-TYPE': 'application/json' },
        body: Buffer.alloc(0),
      };
      assert.equal(await verdict(aws(key, target), request), '');
    });
    it(`${name}: a session token`, async () => {
      assert.equal(await verdict(aws(temporary, target), { method: 'DELETE', url: '/x?force=' }), '');
    });
  }

  it('several values of one name, in any order', async () => {
    assert.equal(await verdict(aws(key, api), { method: 'GET', url: '/x?a=2&a=1&a=' }), '');
  });

  it('the oracle refuses a wrong secret, a wrong token and an unsigned request', async () => {
    const get: Request = { method: 'GET', url: '/x' };
    assert.match(await verdict(aws({ ...key, secretAccessKey: 'wrong' }, s3), get), /^SignatureDoesNotMatch/);
    assert.match(await verdict(aws({ ...temporary, sessionToken: 'wrong' }, s3), get), /^InvalidToken/);
    assert.match(await verdict({ authorize() {}, secrets: () => [] }, get), /^MissingAuthenticationToken/);
  });

  it('the oracle refuses a plus that is sent raw where it was signed as S3 reads it, as a space', async () => {
    const inner = aws(key, s3);
    const raw: Authenticator = {
      ...inner,
      async authorize(hop, signal) {
        hop.url.pathname = '/bucket/a%20b';
        await inner.authorize(hop, signal);
        hop.url.pathname = '/bucket/a+b';
      },
    };
    assert.match(await verdict(raw, { method: 'GET', url: '/bucket/a+b' }), /^SignatureDoesNotMatch/);
  });

  describe('the oracle refuses one changed byte', () => {
    const changes: [string, (hop: Parameters<Authenticator['authorize']>[0]) => void][] = [
      ['of the body', (hop) => (hop.body = Buffer.from('bodY'))],
      ['of the path', (hop) => (hop.url.pathname = '/bucket/kez')],
      ['of the query', (hop) => (hop.url.search = '?a=2')],
      ['of a header', (hop) => (hop.headers['X-Custom'] = 'w')],
      ['of the method', (hop) => (hop.method = 'POST')],
    ];
    for (const target of [s3, api]) {
      for (const [what, change] of changes) {
        it(`${what}: ${target.service}`, async () => {
          const inner = aws(key, target);
          const changing: Authenticator = {
            ...inner,
            async authorize(hop, signal) {
              await inner.authorize(hop, signal);
              change(hop);
            },
          };
          const request: Request = {
            method: 'PUT',
            url: '/bucket/k%2By?a=1',
            headers: { 'X-Custom': 'v' },
            body: Buffer.from('body'),
          };
          assert.equal(await verdict(inner, request), '');
          assert.match(
            await verdict(changing, request),
            /^(SignatureDoesNotMatch|XAmzContentSHA256Mismatch)/,
          );
        });
      }
    }
  });

  for (const hours of [-1, 30]) {
    it(`a clock that is ${hours} hours off is corrected`, async () => {
      const off = hours * 3_600_000;
      const authenticator = aws(key, s3, () => Date.now() + off);
      assert.equal(await verdict(authenticator, { method: 'GET', url: '/x' }), '');
    });
  }

  describe('roles, through @aws-sdk/credential-providers', () => {
    let sdk: AwsSdk;
    /** Plays STS, the container's and the instance's endpoint. */
    let amazon: TestServer;
    let folder: string;
    let answer: (request: Received) => string | undefined;
    const before_ = { ...process.env };

    before(async () => {
      const home = (await installPeer('aws-sdk')).split('\n').at(-1)!;
      sdk = createRequire(path.join(home, 'package.json'))('@aws-sdk/credential-providers') as AwsSdk;
      amazon = await startServer((request, response) => {
        const text = answer(request);
        response.statusCode = text === undefined ? 404 : 200;
        response.end(text);
      });
      folder = await mkdtemp(path.join(tmpdir(), 'aws-'));
      await writeFile(path.join(folder, 'token'), 'the identity token');
      Object.assign(process.env, {
        AWS_ENDPOINT_URL_STS: amazon.url,
        AWS_EC2_METADATA_SERVICE_ENDPOINT: amazon.url,
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${amazon.url}/container`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: 'container token',
        AWS_CONFIG_FILE: path.join(folder, 'none'),
        AWS_SHARED_CREDENTIALS_FILE: path.join(folder, 'none'),
      });
    });

    after(async () => {
      for (const name of Object.keys(process.env)) if (!(name in before_)) delete process.env[name];
      Object.assign(process.env, before_);
      await amazon?.close();
      if (folder) await rm(folder, { recursive: true });
    });

    const json = (): string =>
      JSON.stringify({
        Code: 'Success',
        AccessKeyId: temporary.accessKeyId,
        SecretAccessKey: temporary.secretAccessKey,
        Token: temporary.sessionToken,
        Expiration: new Date(Date.now() + 3_600_000).toISOString(),
      });
    const sts = (action: string): string =>
      `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>
       <AccessKeyId>${temporary.accessKeyId}</AccessKeyId><SecretAccessKey>${temporary.secretAccessKey}</SecretAccessKey>
       <SessionToken>${temporary.sessionToken}</SessionToken>
       <Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration>
       </Credentials></${action}Result></${action}Response>`;
    const roleArn = 'arn:aws:iam::123456789012:role/x';
    const signedBy = async (role: AwsRole) => {
      amazon.received.length = 0;
      const authenticator = awsRole(role, api, { load: () => Promise.resolve(sdk) });
      for (let i = 0; i < 2; i++) {
        assert.equal(await verdict(authenticator, { method: 'GET', url: '/x?a=1' }), '');
      }
      assert.ok(authenticator.secrets().includes(temporary.secretAccessKey));
      return amazon.received;
    };

    it('assume role, with an external id', async () => {
      answer = () => sts('AssumeRole');
      const role: AwsRole = { kind: 'assume-role', roleArn, externalId: 'ext', sessionName: 'mine', key };
      const received = await signedBy(role);
      assert.equal(received.length, 1);
      const form = new URLSearchParams(received[0]!.body.toString());
      assert.equal(form.get('Action'), 'AssumeRole');
      assert.equal(form.get('RoleArn'), roleArn);
      assert.equal(form.get('ExternalId'), 'ext');
      assert.equal(form.get('RoleSessionName'), 'mine');
      assert.match(received[0]!.headers.authorization!, /Credential=AKIDEXAMPLE\/\d+\/eu-central-1\/sts/);
    });

    it('web identity', async () => {
      answer = () => sts('AssumeRoleWithWebIdentity');
      const tokenFile = path.join(folder, 'token');
      const received = await signedBy({ kind: 'web-identity', roleArn, tokenFile });
      assert.equal(received.length, 1);
      const form = new URLSearchParams(received[0]!.body.toString());
      assert.equal(form.get('Action'), 'AssumeRoleWithWebIdentity');
      assert.equal(form.get('WebIdentityToken'), 'the identity token');
      assert.equal(form.get('RoleSessionName'), 'node-red');
    });

    it('container', async () => {
      answer = ({ url }) => (url === '/container' ? json() : undefined);
      const received = await signedBy({ kind: 'container' });
      assert.deepEqual(
        received.map((request) => [request.url, request.headers.authorization]),
        [['/container', 'container token']],
      );
    });

    it('instance', async () => {
      answer = ({ url, method }) => {
        if (url === '/latest/api/token' && method === 'PUT') return 'metadata token';
        if (url === '/latest/meta-data/iam/security-credentials/') return 'the-role';
        return url === '/latest/meta-data/iam/security-credentials/the-role' ? json() : undefined;
      };
      const received = await signedBy({ kind: 'instance' });
      assert.equal(received[0]!.method, 'PUT');
      assert.ok(received.slice(1).every((r) => r.headers['x-aws-ec2-metadata-token'] === 'metadata token'));
    });

    it('says what AWS said when the role may not be assumed', async () => {
      const refusal = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
        <Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>`;
      const denying = await startServer((_request, response) => {
        response.statusCode = 403;
        response.end(refusal);
      });
      process.env['AWS_ENDPOINT_URL_STS'] = denying.url;
      try {
        const authenticator = awsRole({ kind: 'assume-role', roleArn, key }, api, {
          load: () => Promise.resolve(sdk),
        });
        await assert.rejects(verdict(authenticator, { method: 'GET', url: '/x' }), {
          code: 'AUTHENTICATION',
          retryable: false,
          message: /not authorized to perform: sts:AssumeRole/,
        });
      } finally {
        process.env['AWS_ENDPOINT_URL_STS'] = amazon.url;
        await denying.close();
      }
    });
  });
});

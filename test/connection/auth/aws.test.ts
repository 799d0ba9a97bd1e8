import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { aws, signatureV4, type AwsCredentials } from '../../../src/connection/auth/aws';
import { canonicalUrl } from '../../../src/connection/auth/aws-url';
import type { HeaderFields } from '../../../src/connection/headers';
import type { Hop } from '../../../src/connection/transport';
import type { Failure } from '../../../src/exchange/failure';
import { connect } from '../../support/connect';
import { sendJson, startServer } from '../../support/server';

interface Vector {
  name: string;
  context: {
    credentials: { access_key_id: string; secret_access_key: string; token?: string };
    region: string;
    service: string;
    sign_body: boolean;
    timestamp: string;
  };
  method: string;
  target: string;
  headers: [string, string][];
  body: string;
  header: { canonicalRequest: string; signature: string };
}

/** AWS's own cases that are about a signer's options or input that no request on the wire can have. */
const notAsSent: Readonly<Record<string, string>> = {
  'get-space-normalized': 'signs a raw space, which is sent as %20 and then signed as %2520',
  'get-space-unnormalized': 'a raw space, and the rule of S3 for a service that is not S3',
  'get-utf8': 'signs a raw U+1234, which is sent as %E1%88%B4 and then signed as %25E1%2588%25B4',
  'get-relative-unnormalized': 'dots that no URL keeps, and the rule of S3 for a service that is not S3',
  'get-relative-relative-unnormalized':
    'dots that no URL keeps, and the rule of S3 for a service that is not S3',
  'get-slash-dot-slash-unnormalized':
    'dots that no URL keeps, and the rule of S3 for a service that is not S3',
  'get-slash-pointless-dot-unnormalized':
    'dots that no URL keeps, and the rule of S3 for a service that is not S3',
  'get-slash-unnormalized': 'the rule of S3 for a service that is not S3',
  'get-slashes-unnormalized': 'the rule of S3 for a service that is not S3',
  'post-sts-header-after': 'adds the session token after the signature; here it is always signed',
};

const key: AwsCredentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const signal = new AbortController().signal;
const hopTo = (url: string, more: Partial<Hop> = {}): Hop => ({
  method: 'GET',
  url: new URL(url),
  headers: {},
  ...more,
});

describe('connection/auth/aws', () => {
  describe("AWS's own vectors", () => {
    const file = path.resolve('../shared/fixtures/sigv4-aws-c-auth.json');
    if (!existsSync(file)) {
      it('not run: ../shared/fixtures/sigv4-aws-c-auth.json is not here');
      return;
    }
    const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Vector[] };
    for (const { name, context, ...vector } of cases) {
      if (name in notAsSent) continue;
      it(name, async () => {
        const { credentials, region, service } = context;
        const headers: HeaderFields = {};
        for (const [header, value] of vector.headers) {
          const before = headers[header];
          headers[header] = before === undefined ? value : [before, value].flat();
        }
        // the vectors were made with Content-Length and the body's hash as the request's own headers
        if (context.sign_body) headers['x-amz-content-sha256'] = vector.header.canonicalRequest.slice(-64);
        const hop = hopTo(`https://example.amazonaws.com${vector.target}`, {
          method: vector.method,
          headers,
          body: vector.body ? Buffer.from(vector.body) : undefined,
        });
        await aws(
          {
            accessKeyId: credentials.access_key_id,
            secretAccessKey: credentials.secret_access_key,
            sessionToken: credentials.token,
          },
          { region, service },
          () => Date.parse(context.timestamp),
        ).authorize(hop, signal);
        const [, signature] = /Signature=(\w+)$/.exec(hop.headers['Authorization'] as string)!;
        assert.equal(signature, vector.header.signature, vector.header.canonicalRequest);
      });
    }

    it('are all run but those that say why not', () => {
      const names = new Set(cases.map((vector) => vector.name));
      assert.deepEqual(
        Object.keys(notAsSent).filter((name) => !names.has(name)),
        [],
      );
      assert.equal(cases.length - Object.keys(notAsSent).length, 28);
    });
  });

  describe('the URL', () => {
    for (const [name, before, after] of [
      ['a plus in the path', '/a+b', '/a%2Bb'],
      ['what is encoded stays so, in upper case', '/a%2bb/%c3%bc%25', '/a%2Bb/%C3%BC%25'],
      ['what need not be encoded is not', '/%41%7E', '/A~'],
      ['sub-delimiters', "/!$&'()*,;=:@", '/%21%24%26%27%28%29%2A%2C%3B%3D%3A%40'],
      ['a percent sign that encodes nothing', '/100%', '/100%25'],
      ['slashes', '//a//b/', '//a//b/'],
      ['a plus in the query is a space', '/?a=b+c&d+e=f', '/?a=b%20c&d%20e=f'],
      ['the order of the query and repeated names stay', '/?b=2&a=1&b=1', '/?b=2&a=1&b=1'],
      ['a name without a value', '/?acl', '/?acl'],
      ['an empty value, and a value with =', '/?a=&b=c=d', '/?a=&b=c%3Dd'],
      ['empty pairs', '/?&a=1&&=2&', '/?a=1'],
      ['brackets and slashes in the query', '/?a[0]=x/y', '/?a%5B0%5D=x%2Fy'],
    ] as const) {
      it(name, () => {
        const url = new URL(`https://h${before}`);
        canonicalUrl(url);
        assert.equal(url.pathname + url.search, after);
        canonicalUrl(url);
        assert.equal(url.pathname + url.search, after, 'a second time changes nothing');
      });
    }
  });

  const scopeOf = async (host: string, target = { region: '', service: '' }): Promise<string> => {
    const hop = hopTo(`https://${host}/`);
    await aws(key, target, () => 0).authorize(hop, signal);
    return /Credential=AKIDEXAMPLE\/19700101\/(.*?)\/aws4_request/.exec(
      hop.headers['Authorization'] as string,
    )![1]!;
  };

  it('reads service and region from the host name', async () => {
    assert.equal(await scopeOf('s3.amazonaws.com'), 'us-east-1/s3');
    assert.equal(await scopeOf('bucket.s3.eu-west-1.amazonaws.com'), 'eu-west-1/s3');
    assert.equal(await scopeOf('abc123.execute-api.eu-central-1.amazonaws.com'), 'eu-central-1/execute-api');
    assert.equal(await scopeOf('search-x.us-west-2.es.amazonaws.com'), 'us-west-2/es');
    assert.equal(await scopeOf('iam.amazonaws.com'), 'us-east-1/iam');
    assert.equal(await scopeOf('minio.local', { region: '', service: 's3' }), 'us-east-1/s3');
    assert.equal(
      await scopeOf('s3.eu-west-1.amazonaws.com', { region: 'eu-north-1', service: 'x' }),
      'eu-north-1/x',
    );
  });

  it('says so when it cannot know the service', async () => {
    await assert.rejects(scopeOf('api.example.com'), (error: Failure) => {
      assert.equal(error.code, 'CONFIG');
      return error.message.includes('enter the service');
    });
  });

  it('refuses an incomplete key', () => {
    const target = { region: '', service: 's3' };
    assert.throws(() => aws({ ...key, accessKeyId: '' }, target), { code: 'CONFIG' });
    assert.throws(() => aws({ ...key, secretAccessKey: '' }, target), { code: 'CONFIG' });
  });

  it('refuses a path that S3 cannot decode', async () => {
    const authenticator = aws(key, { region: '', service: 's3' });
    await assert.rejects(async () => authenticator.authorize(hopTo('http://h/%FF'), signal), {
      code: 'INVALID_REQUEST',
    });
  });

  it('replaces what a request carries of an older signature, in any case', async () => {
    const hop = hopTo('http://h/', {
      headers: { AUTHORIZATION: 'x', 'x-AMZ-date': 'y', 'x-amz-Security-token': 'z' },
    });
    await aws({ ...key, sessionToken: 'token' }, { region: '', service: 's3' }, () => 0).authorize(
      hop,
      signal,
    );
    assert.deepEqual(Object.keys(hop.headers).sort(), [
      'Authorization',
      'X-Amz-Content-Sha256',
      'X-Amz-Date',
      'X-Amz-Security-Token',
    ]);
    assert.equal(hop.headers['X-Amz-Date'], '19700101T000000Z');
    assert.equal(hop.headers['X-Amz-Security-Token'], 'token');
  });

  it('keeps the secret and the session token out of sight, and not the key id', () => {
    const authenticator = aws({ ...key, sessionToken: 'token' }, { region: '', service: 's3' });
    assert.deepEqual(authenticator.secrets(), [key.secretAccessKey, 'token']);
    assert.equal(authenticator.secrets(), authenticator.secrets());
  });

  describe('a clock that is off', () => {
    const run = async (off: number, status: number, times: number) => {
      const dates: string[] = [];
      const server = await startServer((request, response) => {
        const date = request.headers['x-amz-date'] as string;
        dates.push(date);
        const signed = Date.parse(date.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5'));
        if (Math.abs(signed - Date.now()) <= 15 * 60_000) return sendJson(response, {});
        sendJson(response, { Code: 'RequestTimeTooSkewed' }, status);
      });
      const authenticator = aws(key, { region: '', service: 's3' }, () => Date.now() + off);
      const connection = connect({ baseUrl: server.url, authenticator });
      const statuses: number[] = [];
      try {
        for (let i = 0; i < times; i++) {
          statuses.push((await connection.send({ method: 'GET', url: '' })).statusCode);
        }
      } finally {
        await connection.close();
        await server.close();
      }
      return { statuses, sent: dates.length };
    };

    for (const [name, off] of [
      ['an hour behind', -3_600_000],
      ['a day ahead', 86_400_000],
    ] as const) {
      it(`is corrected by the server's, once: ${name}`, async () => {
        assert.deepEqual(await run(off, 403, 3), { statuses: [200, 200, 200], sent: 4 });
      });
    }

    it('is corrected when the refusal is a 400, as DynamoDB sends it', async () => {
      assert.deepEqual(await run(-3_600_000, 400, 2), { statuses: [200, 200], sent: 3 });
    });

    it('is not blamed for a 403 that has another cause', async () => {
      const server = await startServer((_request, response) => sendJson(response, {}, 403));
      const connection = connect({
        baseUrl: server.url,
        authenticator: aws(key, { region: '', service: 's3' }),
      });
      try {
        assert.equal((await connection.send({ method: 'GET', url: '' })).statusCode, 403);
        assert.equal(server.received.length, 1);
      } finally {
        await connection.close();
        await server.close();
      }
    });

    it('is not corrected again by an answer to a request that was signed before the correction', async () => {
      const authenticator = aws(key, { region: '', service: 's3' }, () => 0);
      const answer = (date: number) => ({
        statusCode: 403,
        statusText: '',
        headers: { date: new Date(date).toUTCString() },
        body: Buffer.alloc(0),
        firstByte: 0,
      });
      const [one, two] = [hopTo('http://h/'), hopTo('http://h/')];
      await authenticator.authorize(one, signal);
      await authenticator.authorize(two, signal);
      assert.equal(await authenticator.renew!(answer(3_600_000), one, signal), true);
      assert.equal(await authenticator.renew!(answer(3_601_000), two, signal), true);
      const three = hopTo('http://h/');
      await authenticator.authorize(three, signal);
      assert.equal(three.headers['X-Amz-Date'], '19700101T010001Z');
      assert.equal(await authenticator.renew!(answer(3_602_000), three, signal), false);
    });
  });

  it('asks its source for others when the server calls the credentials expired, once for all that used them', async () => {
    let generation = 0;
    const expired: AwsCredentials[] = [];
    let current: AwsCredentials = { ...key, sessionToken: '0' };
    const source = {
      get: () => Promise.resolve(current),
      expire(used: AwsCredentials) {
        expired.push(used);
        if (used === current) current = { ...key, sessionToken: String(++generation) };
        return true;
      },
      secrets: () => [],
    };
    const server = await startServer((request, response) => {
      if (request.headers['x-amz-security-token'] !== '0') return sendJson(response, {});
      sendJson(response, { __type: 'ExpiredTokenException' }, 400);
    });
    const authenticator = signatureV4(source, { region: '', service: 'sts' });
    const connection = connect({ baseUrl: server.url, authenticator });
    try {
      const answers = await Promise.all([1, 2, 3].map(() => connection.send({ method: 'GET', url: '' })));
      assert.deepEqual(
        answers.map((answer) => answer.statusCode),
        [200, 200, 200],
      );
      assert.equal(generation, 1);
      assert.equal(expired.length, 3);
    } finally {
      await connection.close();
      await server.close();
    }
  });
});

/** Each way of verification, set up by the fields of the dialog: what comes in through a real Node-RED, and what does not. */
import { createHash, createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describeRows, publicOrigin, someBody, type Row, type Step } from './webhook-steps';

const seconds = () => Math.floor(Date.now() / 1000);
const refused = (step: Step, status = 401): Step => ({ ...step, status });
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }) as string;

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const edwards = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519');

// RFC 7515 section 3, by hand: what verifies is a library, which should not judge itself
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const signers: Record<string, (text: Buffer) => Buffer> = {
  HS256: (text) => createHmac('sha256', 'a secret of this test').update(text).digest(),
  RS256: (text) => sign('sha256', text, rsa.privateKey),
  ES256: (text) => sign('sha256', text, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }),
};
function token(alg: string, claims: object = {}, header: object = {}): string {
  const times = { exp: seconds() + 60, iss: 'https://issuer.example', aud: 'us' };
  const text = `${part({ alg, ...header })}.${part({ ...times, ...claims })}`;
  return `${text}.${signers[alg]!(Buffer.from(text)).toString('base64url')}`;
}
const bearer = (alg: string, claims?: object, header?: object): Step => ({
  headers: { Authorization: `Bearer ${token(alg, claims, header)}` },
});
const jwt = (own: object) => ({
  verification: 'jwt',
  jwt: { issuers: 'https://issuer.example', audiences: 'me, us', ...own },
});
const jwksUrl = 'https://issuer.example/jwks';
const jwks = { keys: [{ ...rsa.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }] };

const login = (user: string, password: string): Step => ({
  headers: { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
});
const hmac = (algorithm: string, secret: string, text: string) => createHmac(algorithm, secret).update(text);

/** RFC 9421 section 2.5. */
function message(url: string, signer: (base: string) => string, { body = someBody, age = 0 } = {}): Step {
  const digest = `sha-256=:${createHash('sha256').update(someBody).digest('base64')}:`;
  const params = `("@method" "@target-uri" "content-digest");created=${seconds() - age};keyid="k1"`;
  const base =
    `"@method": POST\n"@target-uri": ${url}\n"content-digest": ${digest}\n` +
    `"@signature-params": ${params}`;
  return {
    body,
    headers: {
      'Content-Digest': digest,
      'Signature-Input': `sig1=${params}`,
      Signature: `sig1=:${signer(base)}:`,
    },
  };
}

const rows: Row[] = [
  {
    title: 'a secret in a header, of which three are known',
    fields: { verification: 'secret-header', secretHeader: 'X-Our-Secret' },
    credentials: { secret: 'the first secret', secret2: 'the second secret', secret3: 'the third secret' },
    steps: () => [
      ...['first', 'second', 'third'].map((which) => ({
        headers: { 'x-our-secret': `the ${which} secret` },
      })),
      refused({ headers: { 'x-our-secret': 'the fourth secret' } }),
      refused({}),
    ],
  },
  {
    title: 'a token in the URL',
    fields: { verification: 'query-token', queryParameter: 'key' },
    credentials: { secret: 'a token&more' },
    steps: () => [{ query: '?key=a+token%26more' }, refused({ query: '?key=a+token' })],
  },
  {
    title: 'a token in the body',
    fields: { verification: 'body-token', bodyTokenPath: 'value.*.clientState' },
    credentials: { secret: 'state of ours' },
    steps: () => [
      { body: { value: [{ clientState: 'state of ours' }] } },
      refused({ body: { value: [{ clientState: 'state of ours' }, { clientState: 'another' }] } }),
    ],
  },
  {
    title: 'user and password',
    fields: { verification: 'basic', user: 'Zoë' },
    credentials: { secret: 'pass:wörd' },
    steps: () => [
      login('Zoë', 'pass:wörd'),
      { ...refused(login('Zoë', 'pass')), answerHeaders: { 'www-authenticate': 'Basic realm="webhook"' } },
    ],
  },
  {
    title: 'a JSON Web Token with a secret',
    fields: jwt({ algorithms: 'HS256', keysFrom: 'secrets' }),
    credentials: { secret: 'a secret of this test' },
    steps: () => [
      bearer('HS256'),
      refused(bearer('HS256', { exp: seconds() - 120 })),
      refused(bearer('HS256', { aud: 'them' })),
      refused(bearer('RS256')),
    ],
  },
  {
    title: 'a JSON Web Token with a public key, in a header of its own',
    fields: jwt({ algorithms: 'ES256', keysFrom: 'public-keys', header: 'X-Token' }),
    credentials: { secret: pem(ec.publicKey) },
    steps: () => [
      { headers: { 'X-Token': token('ES256') } },
      refused({ headers: { 'X-Token': `${token('ES256').slice(0, -4)}AAAA` } }),
      // the public key as if it were a secret
      refused({ headers: { 'X-Token': token('HS256') } }),
    ],
  },
  {
    title: 'a JSON Web Token with the keys of its issuer',
    fields: jwt({ algorithms: 'RS256, ES256', keysFrom: 'jwks', jwksUrl }),
    steps: () => [
      bearer('RS256', {}, { kid: 'k1' }),
      refused(bearer('RS256', {}, { kid: 'k2' })),
      refused(bearer('ES256', {}, { kid: 'k1' })),
      refused(bearer('RS256', { iss: 'https://other.example' }, { kid: 'k1' })),
    ],
  },
  {
    title: 'some addresses, behind a proxy',
    fields: { allowedIps: '203.0.113.0/24 2001:db8::/32', trustedProxies: '127.0.0.1' },
    steps: () => [
      { headers: { 'X-Forwarded-For': '198.51.100.1, 203.0.113.9' } },
      { headers: { 'X-Forwarded-For': '2001:db8::7' } },
      refused({ headers: { 'X-Forwarded-For': '203.0.113.9, 198.51.100.1' } }, 403),
      refused({}, 403),
    ],
  },
  {
    title: 'some addresses, with no proxy',
    fields: { allowedIps: '203.0.113.0/24' },
    steps: () => [refused({ headers: { 'X-Forwarded-For': '203.0.113.9' } }, 403)],
  },
  {
    title: 'a standard signature (RFC 9421) with a secret',
    fields: {
      verification: 'message-signature',
      messageSignature: { algorithm: 'hmac-sha256', keyId: 'k1' },
      publicUrl: publicOrigin,
    },
    credentials: { secret: 'shared with the sender' },
    steps: (url) => {
      const signer = (base: string) => hmac('sha256', 'shared with the sender', base).digest('base64');
      return [
        message(url, signer),
        refused(message(url, signer, { body: '{"n":2}' })),
        refused(message(`${url}/other`, signer)),
        refused(message(url, signer, { age: 400 })),
      ];
    },
  },
  {
    title: 'a standard signature (RFC 9421) with a public key',
    fields: {
      verification: 'message-signature',
      messageSignature: { algorithm: 'ed25519' },
      publicUrl: publicOrigin,
    },
    credentials: { secret: pem(stranger.publicKey), secret2: pem(edwards.publicKey) },
    steps: (url) => {
      const signer = (base: string) => sign(null, Buffer.from(base), edwards.privateKey).toString('base64');
      return [message(url, signer), refused(message(url, (base) => signer(`${base} `)))];
    },
  },
  {
    title: 'a signature over much, with the old and the new secret',
    fields: {
      verification: 'signature',
      signature: {
        text: '{id}|{timestamp}|{method}|{url}|{header:X-Tenant}|{body}',
        algorithm: 'hmac-sha512',
        encoding: 'base64',
        header: 'X-Signatures',
        separator: ',',
        prefix: 'v9=',
        idHeader: 'X-Id',
        timestampFrom: 'header',
        timestampName: 'X-Sent',
        timestampUnit: 'milliseconds',
        timestampTolerance: 10,
      },
      publicUrl: publicOrigin,
    },
    credentials: { secret: 'the old secret', secret2: 'the new secret' },
    steps: (url) => {
      const signed = (secret: string, tenant = 'a', age = 0): Step => {
        const sent = Date.now() - age * 1000;
        const text = `e1|${sent}|POST|${url}?x=1|${tenant}|${someBody}`;
        const signature = hmac('sha512', secret, text).digest('base64');
        return {
          query: '?x=1',
          headers: {
            'X-Id': 'e1',
            'X-Sent': `${sent}`,
            'X-Tenant': 'a',
            'X-Signatures': `v8=no,v9=${signature}`,
          },
        };
      };
      return [
        signed('the old secret'),
        signed('the new secret'),
        refused(signed('another secret')),
        refused(signed('the new secret', 'b')),
        refused(signed('the new secret', 'a', 20)),
        refused({ ...signed('the new secret'), query: '?x=2' }),
      ];
    },
  },
  {
    title: 'a signature with a public key, over the time in the body',
    fields: {
      verification: 'signature',
      signature: {
        algorithm: 'ecdsa-p256-sha256-der',
        encoding: 'base64',
        header: 'X-Signed',
        timestampFrom: 'body',
        timestampName: 'meta.at',
        timestampUnit: 'iso',
      },
    },
    credentials: { secret: pem(ec.publicKey) },
    steps: () => {
      const signed = (age: number): Step => {
        const body = JSON.stringify({ meta: { at: new Date(Date.now() - age * 1000).toISOString() } });
        const signature = sign('sha256', Buffer.from(body), ec.privateKey).toString('base64');
        return { body, headers: { 'X-Signed': signature } };
      };
      return [signed(0), refused(signed(400)), refused({ ...signed(0), body: '{}' })];
    },
  },
  ...['secret-header', 'query-token', 'basic', 'signature', 'message-signature', 'aws-sns', 'jwt'].map(
    (verification): Row => ({
      title: `nobody, when ${verification} has no secret`,
      fields: { verification, user: 'u' },
      steps: () => [refused({}, 500), refused(login('u', ''), 500), refused({ query: '?token=' }, 500)],
    }),
  ),
];

describeRows('runtime/webhook takes', rows, {
  hosts: ['issuer.example'],
  answer: (url) => (url === jwksUrl ? JSON.stringify(jwks) : undefined),
});

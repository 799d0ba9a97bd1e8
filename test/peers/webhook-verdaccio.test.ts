import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { startPeer, type Peer } from './peer';
import { Hooks, poll } from './webhook-hooks';

/** As the template in servers/verdaccio.sh makes it. */
interface Published {
  id: string;
  name: string;
  by: string;
  what: string;
}

describe('notifications of verdaccio', () => {
  let verdaccio: Peer;
  let hooks: Hooks;
  let token = '';

  before(async () => {
    hooks = await Hooks.start({
      npm: {
        verification: 'secret-header',
        secretHeader: 'X-Verdaccio-Token',
        secret: 'another',
        repeatBy: 'path',
        repeatName: 'id',
      },
    });
    verdaccio = await startPeer('verdaccio', '/-/ping', 1, hooks.url('npm'));
    const login = { name: 'zoe', password: 'publisher-pass' };
    const answer = await call('-/user/org.couchdb.user:zoe', login);
    ({ token } = (await answer.json()) as { token: string });
  });
  after(async () => {
    await verdaccio?.stop();
    await hooks?.end();
  });

  async function call(at: string, value: object): Promise<Response> {
    const answer = await fetch(`${verdaccio.url}/${at}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(value),
    });
    assert.equal(answer.status, 201, await answer.clone().text());
    return answer;
  }

  /** As `npm publish` does it. */
  async function publish(name: string, version: string): Promise<void> {
    const data = Buffer.from(`${name} ${version}`);
    const tarball = `${name}-${version}.tgz`;
    const about = {
      name,
      version,
      dist: {
        shasum: createHash('sha1').update(data).digest('hex'),
        tarball: `${verdaccio.url}/${name}/-/${tarball}`,
      },
    };
    await call(encodeURIComponent(name), {
      _id: name,
      name,
      'dist-tags': { latest: version },
      versions: { [version]: about },
      _attachments: {
        [tarball]: {
          content_type: 'application/octet-stream',
          data: data.toString('base64'),
          length: data.length,
        },
      },
    });
  }
  const logged = (text: string) =>
    poll(`the log has "${text}"`, async () => {
      const log = await readFile(path.join(verdaccio.folder, 'verdaccio.log'), 'utf8');
      return log.includes(text);
    });

  it('refused while the secret is another: it says so in its log, and does not try again', async () => {
    await publish('@team/first', '1.0.0');
    await hooks.refusal('npm', '401 UNAUTHORIZED: the header "x-verdaccio-token" holds another secret');
    await logged('responded with status code 401');
    assert.deepEqual(hooks.seen('npm'), []);
    await hooks.change('npm', { secret: 'verdaccio-hook-token' });
  });

  it('a package that is published, known by its name and version', async () => {
    await publish('@team/first', '1.0.1');
    await publish('second', '1.0.0');
    await publish('@team/first', '1.1.0');
    const seen = await hooks.seenUntil<Published>('npm', 3);
    const ids = ['@team/first@1.0.1', 'second@1.0.0', '@team/first@1.1.0'];
    assert.deepEqual(
      seen.map(({ event, payload }) => [event.id, payload.id]),
      ids.map((id) => [id, id]),
    );
    const [{ payload, request }] = seen;
    assert.deepEqual(payload, { ...payload, name: '@team/first', by: 'zoe', what: 'publish' });
    assert.deepEqual([request.method, request.headers['x-verdaccio-token']], ['POST', undefined]);
    await logged('has been successfully dispatched');
    // whoever sends it again by hand is heard once
    const repeat = await fetch(hooks.url('npm'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-verdaccio-token': 'verdaccio-hook-token' },
      body: JSON.stringify(payload),
    });
    assert.equal(repeat.status, 200);
    await publish('third', '1.0.0');
    const more = await hooks.seenUntil<Published>('npm', 4);
    assert.deepEqual(
      more.map(({ event }) => event.id),
      [...ids, 'third@1.0.0'],
    );
  });
});

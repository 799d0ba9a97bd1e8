import assert from 'node:assert/strict';
import {
  checkPublicUrl,
  publicUrl,
  writeUrl,
  type UrlForm,
} from '../../../src/webhook/verification/public-url';
import { delivery } from './support';

describe('webhook/verification/public-url', () => {
  const sent = (headers: Record<string, string> = {}) =>
    delivery({ url: 'http://inner:1880/in/a%20b?x=%2F', headers });

  it('is what the sender was told', () => {
    const rows: [string, string][] = [
      ['https://example.test', 'https://example.test/in/a%20b?x=%2F'],
      ['https://example.test/', 'https://example.test/in/a%20b?x=%2F'],
      ['https://Example.test:443', 'https://Example.test:443/in/a%20b?x=%2F'],
      ['https://example.test/hooks', 'https://example.test/hooks?x=%2F'],
      ['https://example.test/hooks/?old=1#x', 'https://example.test/hooks/?x=%2F'],
    ];
    for (const [base, url] of rows) assert.equal(publicUrl(sent(), base), url, base);
    assert.equal(publicUrl({ ...sent(), url: 'http://inner/in#x' }, 'https://a.test'), 'https://a.test/in');
    assert.equal(publicUrl({ ...sent(), url: '*' }, 'https://a.test'), 'https://a.test/*');
  });

  it('is what the request and its proxies say, where nothing is set', () => {
    assert.equal(publicUrl(sent(), ''), 'https://inner:1880/in/a%20b?x=%2F');
    const proxied = { 'X-Forwarded-Proto': 'http, https', 'X-Forwarded-Host': 'a.test, b.test' };
    assert.equal(publicUrl(sent(proxied), ''), 'http://a.test/in/a%20b?x=%2F');
    const strange = { 'X-Forwarded-Proto': 'javascript' };
    assert.equal(publicUrl(sent(strange), ''), 'https://inner:1880/in/a%20b?x=%2F');
  });

  it('is one, or nothing', () => {
    for (const good of ['', 'https://example.test', 'http://[::1]:1880/in']) checkPublicUrl(good);
    for (const bad of ['example.test', 'ftp://example.test', 'https://', '/in', 'https://exa mple.test']) {
      assert.throws(() => checkPublicUrl(bad), /public URL/, bad);
    }
  });

  it('is written in the ways of senders', () => {
    const rows: [UrlForm, string, string][] = [
      ['as-is', 'https://a.test/x%3A', 'https://a.test/x%3A'],
      ['with-port', 'https://a.test', 'https://a.test:443'],
      ['with-port', 'http://a.test/x?y:1', 'http://a.test:80/x?y:1'],
      ['with-port', 'https://a.test:8443/x', 'https://a.test:8443/x'],
      ['with-port', 'https://u:p@a.test/x', 'https://u:p@a.test:443/x'],
      ['with-port', 'https://[::1]/x', 'https://[::1]:443/x'],
      ['without-port', 'https://a.test:443/x:1', 'https://a.test/x:1'],
      ['without-port', 'https://[::1]:443/x', 'https://[::1]/x'],
      [
        'hubspot-decoded',
        'https://a.test/%3a%2F%3F%40%21%24%27%28%29%2A%2C%3B?%20%26%25',
        "https://a.test/:/?@!$'()*,;?%20%26%25",
      ],
    ];
    for (const [form, url, written] of rows) assert.equal(writeUrl(url, form), written, form);
  });
});

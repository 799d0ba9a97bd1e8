/** cURL import: a command as API documentation, a browser or Postman gives it becomes a connection and a request. */
import { bodyOf, queryData, uploadPath } from './curl/body';
import { credentialsOf } from './curl/credentials';
import { headersOf } from './curl/headers';
import { readOptions, type Settings } from './curl/options';
import { baseName } from './curl/form';
import { noteSecretsLeft, takeSecrets } from './curl/secrets';
import { readCommand } from './curl/shell';
import { CurlError, Notes, type CurlConnection, type CurlRequest, type Pair } from './curl/types';
import { readUrl, shown } from './curl/url';

export { CurlError, type CurlRequest };
export type {
  CurlAuth,
  CurlBody,
  CurlConnection,
  CurlErrorCode,
  CurlHttpRequest,
  CurlNote,
  CurlNoteCode,
  CurlPart,
  CurlSecret,
  Pair,
} from './curl/types';

/** Characters of the longest command that is read. */
const longest = 1024 * 1024;

/**
 * Reads a cURL command: POSIX shell, the Windows prompt (`^`) or PowerShell (`` ` ``).
 *
 * What cannot be carried over is in `notes`, never dropped silently. Pure: no file is read, nothing is sent.
 *
 * @throws CurlError when the text is not a command that curl would take
 */
export function parseCurl(text: string): CurlRequest {
  if (text.length > longest) throw new CurlError('tooLong', { limit: String(longest) });
  const notes = new Notes();
  const { words, stdin } = readCommand(text, notes);
  const settings = readOptions(words, stdin, notes);
  const headers = headersOf(settings, notes);
  const place = readUrl(urlOf(settings, notes), settings.globoff, queryData(settings, notes), notes);
  place.path = uploadPath(place.path, settings);
  const { auth, headers: unsigned } = credentialsOf(settings, place, headers.fields, notes);
  const { taken, query, rawQuery, ...left } = takeSecrets(unsigned, place.query, notes);
  const body = bodyOf(settings, headers, place.path, notes);
  notePlaceholders(notes, [place.path, place.query, ...headers.fields.map(([, value]) => value)]);
  noteSecretsLeft(place, rawQuery, body, notes);
  const path = rawQuery === '' ? place.path : `${place.path}?${rawQuery}`;
  return {
    connection: { baseUrl: place.origin, auth, secrets: taken, ...wireOf(settings, notes) },
    request: {
      method: methodOf(settings),
      // a second slash at its start would be lost where the path is joined to the base URL
      url: /^\/[/\\]/.test(path) ? place.origin + path : path,
      query,
      headers: requestHeaders(left.headers, settings, place.host),
      body,
    },
    ...outputOf(settings, place.path, notes),
    notes: notes.all,
  };
}

function urlOf({ urls }: Settings, notes: Notes): string {
  const [first, ...others] = urls;
  if (first === undefined) throw new CurlError('noUrl');
  for (const url of others) notes.add('moreUrls', { url: shown(url) });
  return first;
}

/** curl's own choice: what `-X` says, else what the other options need. */
function methodOf({ method, head, get, upload, data, form }: Settings): string {
  if (method) return method;
  if (head) return 'HEAD';
  if (upload !== undefined) return 'PUT';
  return (data.length > 0 && !get) || form.length > 0 ? 'POST' : 'GET';
}

/**
 * Without those that say only what is said anyway: the host of the URL, and with `-F` a content type whose boundary the
 * body's encoder has to put in, as curl does.
 */
function requestHeaders(headers: Pair[], { form }: Settings, host: string): Pair[] {
  return headers.filter(([name, value]) => {
    const known = name.toLowerCase();
    if (known === 'host') return value.toLowerCase() !== host;
    return known !== 'content-type' || form.length === 0 || !/^multipart\/form-data\b/i.test(value);
  });
}

function outputOf({ output, remoteName }: Settings, path: string, notes: Notes): { output?: string } {
  const file = output ?? (remoteName ? baseName(path) : '');
  if (file === '' || file === '-' || file === '/dev/null') return {};
  notes.add('outputFile', { file });
  return { output: file };
}

/** What holds for the way there. */
function wireOf(settings: Settings, notes: Notes): Omit<CurlConnection, 'baseUrl' | 'auth' | 'secrets'> {
  const { insecure, tls, proxy } = settings;
  if (insecure) notes.add('insecure');
  const files = Object.values(tls).filter(Boolean);
  if (files.length > 0) notes.add('certificate', { files: files.join(', ') });
  if (proxy) notes.add('proxy', { proxy: proxy.url });
  return {
    followRedirects: settings.location,
    maxRedirects: settings.maxRedirects,
    insecure,
    tls: { ...tls, ...(settings.passphrase ? { passphrase: settings.passphrase } : {}) },
    proxy: proxy && { ...proxy, ...splitUser(settings.proxyUser) },
    connectTimeout: settings.connectTimeout,
    totalTimeout: settings.maxTime,
    retries: settings.retries,
    cookies: settings.cookieJar,
  };
}

function splitUser(user: string | undefined): { username?: string; password?: string } {
  if (user === undefined) return {};
  const colon = user.indexOf(':');
  return colon < 0 ? { username: user } : { username: user.slice(0, colon), password: user.slice(colon + 1) };
}

/** `<token>` in the documentation stands for what the reader has to put in. */
function notePlaceholders(notes: Notes, texts: readonly string[]): void {
  for (const text of texts) {
    for (const [found] of text.matchAll(/<[A-Za-z][\w -]{0,60}>/g)) notes.add('placeholder', { text: found });
  }
}

/** curl's options (curl.se/docs/manpage.html): which there are, which take a value, what each means for a request. */
import { ignored, unsupported, type PlainOption } from './option-names';
import { CurlError, type Notes } from './types';

/** One of `-d`'s family. */
export interface DataArgument {
  kind: 'text' | 'raw' | 'binary' | 'encode' | 'json';
  value: string;
}

/** What the options of a command say, before anything is made of it. Times in seconds. */
export interface Settings {
  urls: string[];
  method?: string;
  headers: string[];
  data: DataArgument[];
  urlQuery: string[];
  /** `literal`: `--form-string`, where `@` and `<` stand for themselves. */
  form: { value: string; literal: boolean }[];
  get: boolean;
  head: boolean;
  json: boolean;
  upload?: string;
  user?: string;
  bearer?: string;
  scheme: 'basic' | 'digest' | 'ntlm';
  sigv4?: string;
  agent?: string;
  referer?: string;
  range?: string;
  cookies: string[];
  cookieJar: boolean;
  location: boolean;
  maxRedirects?: number;
  insecure: boolean;
  tls: { cert?: string; key?: string; ca?: string };
  passphrase?: string;
  proxy?: { url: string };
  proxyUser?: string;
  connectTimeout?: number;
  maxTime?: number;
  retries?: number;
  output?: string;
  /** `-O`: named like the end of the URL's path. */
  remoteName: boolean;
  globoff: boolean;
  /** What a here-document gives `@-`. */
  stdin?: string;
}

type Apply =
  | { value: true; apply: (settings: Settings, value: string) => void }
  | { value?: false; apply: (settings: Settings, on: boolean) => void };

interface Option {
  name: string;
  takesValue: boolean;
  short?: string;
  /** Undefined where the option does not concern the request. */
  meaning?: Apply;
  /** It does concern it, and is not carried over. */
  lost?: boolean;
}

const text = (apply: (settings: Settings, value: string) => void): Apply => ({ value: true, apply });
const flag = (apply: (settings: Settings, on: boolean) => void): Apply => ({ apply });
const data = (kind: DataArgument['kind']): Apply => text((s, value) => s.data.push({ kind, value }));
const seconds = (name: 'connectTimeout' | 'maxTime', option: string): Apply =>
  text((s, value) => (s[name] = numberOf(value, option)));

/** Name, short name, meaning. */
const meanings: readonly [name: string, short: string, meaning: Apply][] = [
  ['url', '', text((s, value) => s.urls.push(value))],
  ['request', 'X', text((s, value) => (s.method = value))],
  ['header', 'H', text((s, value) => s.headers.push(value))],
  ['data', 'd', data('text')],
  ['data-ascii', '', data('text')],
  ['data-raw', '', data('raw')],
  ['data-binary', '', data('binary')],
  ['data-urlencode', '', data('encode')],
  ['json', '', text((s, value) => ((s.json = true), s.data.push({ kind: 'json', value })))],
  ['url-query', '', text((s, value) => s.urlQuery.push(value))],
  ['get', 'G', flag((s, on) => (s.get = on))],
  ['head', 'I', flag((s, on) => (s.head = on))],
  ['form', 'F', text((s, value) => s.form.push({ value, literal: false }))],
  ['form-string', '', text((s, value) => s.form.push({ value, literal: true }))],
  ['upload-file', 'T', text((s, value) => (s.upload = value))],
  ['user', 'u', text((s, value) => (s.user = value))],
  ['oauth2-bearer', '', text((s, value) => (s.bearer = value))],
  ['basic', '', flag((s) => (s.scheme = 'basic'))],
  ['digest', '', flag((s) => (s.scheme = 'digest'))],
  ['ntlm', '', flag((s) => (s.scheme = 'ntlm'))],
  // the server chooses; what nearly every one offers is basic
  ['anyauth', '', flag((s) => (s.scheme = 'basic'))],
  ['aws-sigv4', '', text((s, value) => (s.sigv4 = value))],
  ['user-agent', 'A', text((s, value) => (s.agent = value))],
  ['referer', 'e', text((s, value) => (s.referer = value))],
  ['range', 'r', text((s, value) => (s.range = value))],
  ['cookie', 'b', text((s, value) => s.cookies.push(value))],
  ['cookie-jar', 'c', text((s) => (s.cookieJar = true))],
  ['location', 'L', flag((s, on) => (s.location = on))],
  ['location-trusted', '', flag((s, on) => (s.location = on))],
  ['max-redirs', '', text((s, value) => (s.maxRedirects = numberOf(value, '--max-redirs')))],
  ['insecure', 'k', flag((s, on) => (s.insecure = on))],
  ['cert', 'E', text(clientCertificate)],
  ['key', '', text((s, value) => (s.tls.key = value))],
  ['cacert', '', text((s, value) => (s.tls.ca = value))],
  ['pass', '', text((s, value) => (s.passphrase = value))],
  ['proxy', 'x', text(setProxy)],
  ['proxy-user', 'U', text((s, value) => (s.proxyUser = value))],
  ['connect-timeout', '', seconds('connectTimeout', '--connect-timeout')],
  ['max-time', 'm', seconds('maxTime', '--max-time')],
  ['retry', '', text((s, value) => (s.retries = numberOf(value, '--retry')))],
  ['output', 'o', text((s, value) => (s.output = value))],
  ['remote-name', 'O', flag((s, on) => (s.remoteName = on))],
  ['globoff', 'g', flag((s, on) => (s.globoff = on))],
];

/** `path:passphrase`, where a colon of the path is escaped; the one of a Windows drive is not. */
function clientCertificate(settings: Settings, value: string): void {
  const [, path, passphrase] =
    /^((?:[A-Za-z]:(?=[/\\]))?(?:\\[\s\S]|[^\\:])*)(?::([\s\S]*))?$/.exec(value) ?? [];
  settings.tls.cert = (path ?? value).replace(/\\:/g, ':');
  if (passphrase) settings.passphrase = passphrase;
}

/** Of one with `user:password@` they are taken out. */
function setProxy(settings: Settings, value: string): void {
  const [, scheme, user, host] = /^(\w+:\/\/)?(?:(.*)@)?(.*)$/s.exec(value)!;
  if (user) settings.proxyUser ??= user;
  settings.proxy = host ? { url: `${scheme ?? 'http://'}${host}` } : undefined;
}

function plain(list: PlainOption[], lost: boolean): Option[] {
  return list.map((option) => ({ ...option, lost }));
}

const options: readonly Option[] = [
  ...meanings.map(([name, short, meaning]) => ({ name, short, meaning, takesValue: meaning.value === true })),
  ...plain(ignored, false),
  ...plain(unsupported, true),
];
const byName: ReadonlyMap<string, Option> = new Map(options.map((option) => [option.name, option]));
const byLetter: ReadonlyMap<string, Option> = new Map(
  options.flatMap((option) => (option.short ? [[option.short, option] as const] : [])),
);

/** @throws CurlError missingValue, badNumber */
export function readOptions(words: readonly string[], stdin: string | undefined, notes: Notes): Settings {
  const settings: Settings = {
    urls: [],
    headers: [],
    data: [],
    urlQuery: [],
    form: [],
    get: false,
    head: false,
    json: false,
    scheme: 'basic',
    cookies: [],
    cookieJar: false,
    location: false,
    insecure: false,
    tls: {},
    remoteName: false,
    globoff: false,
    stdin,
  };
  const left = words[Symbol.iterator]();
  const valueOf = (option: string): string => {
    const { value, done } = left.next();
    if (done) throw new CurlError('missingValue', { option });
    return value;
  };
  let plainOnly = false;
  for (const word of left) {
    if (plainOnly || !word.startsWith('-') || word === '-') settings.urls.push(word);
    else if (word === '--') plainOnly = true;
    else if (word === '--next' || word === '-:') {
      notes.add('next');
      break;
    } else if (word.startsWith('--')) readLong(settings, word, valueOf, notes);
    else readShort(settings, word, valueOf, notes);
  }
  return settings;
}

function readLong(settings: Settings, word: string, valueOf: (option: string) => string, notes: Notes): void {
  const equals = word.indexOf('=');
  const full = equals < 0 ? word : word.slice(0, equals);
  let option = find(full.slice(2));
  let on = true;
  if (!option && full.startsWith('--no-')) {
    option = find(full.slice(5));
    if (option?.takesValue) option = undefined;
    on = false;
  }
  if (!option) {
    notes.add('unknownOption', { option: full });
    return;
  }
  const given = equals < 0 ? undefined : word.slice(equals + 1);
  apply(settings, option, full, () => given ?? valueOf(full), on, notes);
}

/** By its whole name, or by a beginning that no other has. */
function find(name: string): Option | undefined {
  const exact = byName.get(name);
  if (exact || name === '') return exact;
  const [found, another] = options.filter((option) => option.name.startsWith(name));
  return another ? undefined : found;
}

/** Several in one word, the last with its value behind it. */
function readShort(
  settings: Settings,
  word: string,
  valueOf: (option: string) => string,
  notes: Notes,
): void {
  for (let at = 1; at < word.length; at++) {
    const name = `-${word[at]}`;
    const option = byLetter.get(word[at]!);
    if (!option) {
      notes.add('unknownOption', { option: name });
      continue;
    }
    const rest = word.slice(at + 1);
    apply(settings, option, name, () => rest || valueOf(name), true, notes);
    if (option.takesValue) return;
  }
}

function apply(
  settings: Settings,
  option: Option,
  shown: string,
  valueOf: () => string,
  on: boolean,
  notes: Notes,
): void {
  const value = option.takesValue ? valueOf() : '';
  if (option.lost && on) notes.add('unsupportedOption', { option: shown });
  if (option.meaning?.value) option.meaning.apply(settings, value);
  else option.meaning?.apply(settings, on);
}

function numberOf(value: string, option: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) throw new CurlError('badNumber', { option, value });
  return number;
}

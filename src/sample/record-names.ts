/** What known APIs call the lists and properties that a poll is about. */

/** Names of lists of records. */
export const listNames: ReadonlySet<string> = new Set(
  (
    'data items results records value values entries entry item list rows hits nodes edges elements objects ' +
    'documents docs resources content contents collection members result events posts issues orders products ' +
    'customers users contacts leads messages tickets tasks files payments invoices transactions'
  ).split(' '),
);

/** Names of lists that stand beside the records. */
export const besideNames: ReadonlySet<string> = new Set(
  (
    'errors warnings included links link facets filters aggregations buckets columns fields schema tags meta ' +
    'includes sort sorting breadcrumbs actions category categories'
  ).split(' '),
);

/** How much a name speaks for being what tells records apart; 0 for a name that says nothing of it. */
export function keyNameScore(name: string): number {
  const plain = plainName(name);
  if (Object.hasOwn(keyNames, plain)) return keyNames[plain]!;
  if (/^id(?:str|string|text)$/.test(plain)) return 97;
  // order_id, orderId, OrderID; not "paid" or "valid"
  if (/[_-](?:id|uuid|guid|key)$/i.test(name) || /[a-z0-9](?:Id|ID|Uuid|Guid|Key)$/.test(name)) return 60;
  if (/phone|fax|zip|post|country|currency|status|error|version|page|account/i.test(name)) return 0;
  // order_no, invoiceNumber
  return /[_-](?:no|nr|number|code|ref)$/i.test(name) || /[a-z0-9](?:No|Nr|Number|Code|Ref)$/.test(name)
    ? 50
    : 0;
}

const keyNames: Readonly<Record<string, number>> = {
  id: 100,
  uuid: 95,
  guid: 94,
  gid: 90,
  uid: 90,
  key: 85,
  sku: 84,
  objectid: 84,
  recordid: 84,
  messageid: 80,
  iri: 75,
  urn: 75,
  self: 50,
  selflink: 50,
  number: 55,
  no: 50,
  nr: 50,
  code: 55,
  reference: 55,
  ref: 50,
  slug: 65,
  handle: 55,
  email: 50,
  href: 45,
  url: 45,
  uri: 50,
  link: 45,
  permalink: 48,
  path: 35,
  name: 35,
  login: 45,
  username: 45,
};

/** Names of what changes whenever a record changes: the surest first. */
export const changeNames: readonly RegExp[] = [
  /^(?:last)?(?:updated|modified|changed|edited)(?:at|on|date|time|datetime|timestamp|gmt|utc|ts|ms)?$/,
  /^(?:date|time)?(?:updated|modified|changed)(?:at|gmt|utc)?$/,
  /^(?:last)?(?:update|modification|change|modify)(?:date|time|datetime|timestamp|at|ts)$/,
  /^last(?:update|change|modification|edit|editedtime|activity|activityat|seen)$/,
  /^(?:hs|sys)?lastmodified(?:date|at|on|time|datetime|by.*date)?$/,
  /^(?:mtime|modtime|systemmodstamp|syncts)$/,
];

/** Names of what counts or names the states of a record. */
export const revisionNames: readonly RegExp[] = [
  /^(?:rev|revision|version|rowversion|objectversion|recordversion|lastrevid|revid|revisionid|versionnumber)$/,
  /^(?:etag|odataetag|checksum|hash|sha|sha1|sha256|md5|digest|contenthash|synctoken|changekey|ctag)$/,
  /^(?:seq|sequence|updateseq|lsn|xmin)$/,
];

/** Names of when a record came to be. */
export const creationNames: readonly RegExp[] = [
  /^(?:date|time)?(?:created|inserted|added|published|posted|received|submitted|placed|opened|occurred|logged|sent)(?:at|on|date|time|datetime|timestamp|gmt|utc|ts)?$/,
  /^(?:creation|publication|publish|insert|order|event|issue|start)(?:date|time|datetime|timestamp)$/,
  /^(?:pubdate|dcdate|date|time|timestamp|datetime|ts|when|at|createdtime|firstseen)$/,
];

/** Objects around the properties of a record: a connection's node, JSON:API, search engines, CRMs, content systems. */
export const wrapperNames: ReadonlySet<string> = new Set(
  'node attributes fields sys system properties _source resource record object data metadata meta item doc $ _'.split(
    ' ',
  ),
);

/** Where answers say how many records there are in all. */
export const totalPaths: readonly string[] = [
  'total',
  'total_count',
  'totalCount',
  'totalResults',
  'totalRecords',
  'total_records',
  'totalElements',
  'totalItems',
  'total_items',
  'totalHits',
  'count',
  '@odata.count',
  'odata.count',
  'd.__count',
  'meta.total',
  'meta.total_count',
  'meta.totalCount',
  'meta.count',
  'meta.pagination.total',
  'meta.page.total',
  'pagination.total',
  'pagination.total_count',
  'pagination.totalCount',
  'pagination.total_items',
  'paging.total',
  'page.totalElements',
  'page.total',
  'info.count',
  'hits.total.value',
  'hits.total',
];

export const totalHeaders: readonly string[] = ['X-Total-Count', 'X-WP-Total', 'X-Total', 'Total-Count'];

/** A name without its case and its signs. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** How a service is asked to call the webhook, as the dialog saves it. Nothing is asked for without a connection. */
export type SubscriptionBody = 'none' | 'json' | 'form';

/** A name and a template. */
export interface SubscriptionRow {
  name: string;
  value: string;
}

/** URLs, values of headers and form fields, and JSON bodies are templates; see the help for what they can read. */
export interface SubscriptionFields {
  method: string;
  /** Relative to the connection, or absolute. */
  url: string;
  bodyKind: SubscriptionBody;
  body: string;
  form: SubscriptionRow[];
  /** Of every request of the subscription. */
  headers: SubscriptionRow[];
  /** A GET that lists subscriptions; '' for none. What it has for this webhook is ended before it is subscribed. */
  listUrl: string;
  /** Where the answer has the id, names between dots. */
  idPath: string;
  renewal: 'never' | 'request' | 'again';
  /** Where the answer says when the subscription ends; '' for nowhere. */
  expiryPath: string;
  /** Hours that it lasts when the answer does not say; 0 for no end. */
  lifetime: number | string;
  renewMethod: string;
  renewUrl: string;
  renewBodyKind: SubscriptionBody;
  renewBody: string;
  renewForm: SubscriptionRow[];
  endMethod: string;
  /** '' leaves it to run out. */
  endUrl: string;
  endBodyKind: SubscriptionBody;
  endBody: string;
  endForm: SubscriptionRow[];
}

export interface SubscriptionConfig {
  /** The id of the http-connection that subscribes; '' for no subscription. */
  connection: string;
  subscription: SubscriptionFields;
}

export const subscriptionDefaults: SubscriptionConfig = {
  connection: '',
  subscription: {
    method: 'POST',
    url: '',
    bodyKind: 'json',
    body: '{\n  "url": {{callback}}\n}',
    form: [],
    headers: [],
    listUrl: '',
    idPath: 'id',
    renewal: 'never',
    expiryPath: '',
    lifetime: 24,
    renewMethod: 'PATCH',
    renewUrl: '',
    renewBodyKind: 'json',
    renewBody: '',
    renewForm: [],
    endMethod: 'DELETE',
    endUrl: '',
    endBodyKind: 'none',
    endBody: '',
    endForm: [],
  },
};

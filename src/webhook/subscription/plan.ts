/**
 * What a service is asked for so that it calls a webhook, and so that it stops: requests of templates. All of it is plain
 * data, because it is kept with a subscription: what was subscribed with old settings is unsubscribed with them too.
 */
type Named = readonly [name: string, template: string];

/** A request; URL, values of headers and the body are templates over `SubscriptionView`. */
export interface RequestPlan {
  method: string;
  /** Absolute, or relative to the connection. */
  url: string;
  headers: readonly Named[];
  body: BodyPlan;
}

export type BodyPlan =
  { kind: 'none' } | { kind: 'json'; text: string } | { kind: 'form'; fields: readonly Named[] };

export interface SubscriptionPlan {
  subscribe: RequestPlan;
  /**
   * Lists subscriptions of the service. What it has for this very callback URL is removed before subscribing: for services
   * that do not know a request by its `Idempotency-Key`.
   */
  list?: RequestPlan;
  /** `again` sends the subscribe request once more; without it, a subscription is never renewed. */
  renew?: RequestPlan | 'again';
  /** Without it, a subscription is left to run out. */
  unsubscribe?: RequestPlan;
  /** Where the JSON answer to the subscribe request has the id, for `{{id}}`; '' for nowhere. */
  idPath: string;
  /** Where the answer says when it ends: a date, seconds or milliseconds since 1970, or seconds from now; '' for nowhere. */
  expiryPath: string;
  /** Milliseconds that a subscription lasts when the answer does not say; asked for as `{{expires}}`; 0 for no end. */
  lifetime: number;
}

/** What of a subscription is the same for each of its requests. */
export interface Facts {
  /** The URL that the service is to call. */
  callback: string;
  event: string;
  /** The id of the node. */
  node: string;
}

/** By the names that templates know them by. They are never kept, and only what subscribes or renews can read them. */
export interface Secrets {
  secret: string;
  secret2: string;
  secret3: string;
  verifyToken: string;
}

export const secretNames: readonly string[] = ['secret', 'secret2', 'secret3', 'verifyToken'];

/** What is to be there. */
export interface Wanted {
  /** The id of the connection. */
  connection: string;
  plan: SubscriptionPlan;
  facts: Facts;
  secrets: Secrets;
}

import { Failure } from '../failure';
import { nameOf, type EncodedBody } from './encoded';

const json = 'application/json';

/** A rendered JSON template. @throws Failure TEMPLATE when it is not JSON */
export function jsonBody(rendered: string): EncodedBody<Buffer> {
  try {
    JSON.parse(rendered);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure('TEMPLATE', `the JSON body is not valid JSON: ${reason}`);
  }
  return { body: Buffer.from(rendered, 'utf8'), contentType: json };
}

/**
 * A value as JSON, such as the result of a JSONata expression.
 *
 * @param what what it is called in an error
 * @throws Failure INVALID_REQUEST for what JSON cannot carry: nothing, a function, an object that contains itself
 */
export function jsonValueBody(value: unknown, what = 'the body'): EncodedBody<Buffer> {
  let rendered: string | undefined;
  try {
    rendered = JSON.stringify(value);
  } catch (cause) {
    throw new Failure('INVALID_REQUEST', `${what} cannot be written as JSON`, { cause });
  }
  if (rendered === undefined) {
    throw new Failure('INVALID_REQUEST', `${what} is ${nameOf(value)}, which no body can carry`);
  }
  return { body: Buffer.from(rendered, 'utf8'), contentType: json };
}

/** A GraphQL request (GraphQL over HTTP, "Request Parameters"); what is missing or empty is left out. */
export interface GraphqlRequest {
  query: string;
  variables?: unknown;
  operationName?: string;
}

/** @throws Failure INVALID_REQUEST without a query, or when the variables are not an object */
export function graphqlBody({ query, variables, operationName }: GraphqlRequest): EncodedBody<Buffer> {
  if (query.trim() === '') throw new Failure('INVALID_REQUEST', 'the GraphQL query is empty');
  const named = variables ?? undefined;
  if (named !== undefined && (typeof named !== 'object' || Array.isArray(named))) {
    throw new Failure(
      'INVALID_REQUEST',
      `the GraphQL variables must be an object, but they are ${nameOf(named)}`,
    );
  }
  return jsonValueBody(
    { query, variables: named, operationName: operationName || undefined },
    'the GraphQL request',
  );
}

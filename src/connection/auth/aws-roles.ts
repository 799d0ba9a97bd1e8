import { Failure } from '../../exchange/failure';
import type { Authenticator } from './authenticator';
import { signatureV4, type AwsCredentials, type AwsCredentialSource, type AwsTarget } from './aws';

/** Where temporary credentials come from. What a kind does not use is left out or ''. */
export interface AwsRole {
  kind: AwsRoleKind;
  /** `arn:aws:iam::123456789012:role/name`, for `assume-role` and `web-identity`. */
  roleArn?: string;
  externalId?: string;
  /** Shown in the account's log of calls. */
  sessionName?: string;
  /** Who assumes the role; without it the SDK's default chain (environment, profile, container, instance). */
  key?: AwsCredentials;
  /** The file with the identity token; without it `AWS_WEB_IDENTITY_TOKEN_FILE`. */
  tokenFile?: string;
}

export const awsRoleKinds = ['assume-role', 'web-identity', 'container', 'instance', 'default'] as const;
export type AwsRoleKind = (typeof awsRoleKinds)[number];

/** What the AWS SDK hands out. */
interface SdkCredentials extends AwsCredentials {
  expiration?: Date;
}
type SdkProvider = () => Promise<SdkCredentials>;

/** What is used of `@aws-sdk/credential-providers`. */
export interface AwsSdk {
  fromTemporaryCredentials(options: {
    params: { RoleArn: string; RoleSessionName: string; ExternalId?: string };
    masterCredentials?: AwsCredentials;
    clientConfig: { region?: string };
  }): SdkProvider;
  fromTokenFile(options: {
    roleArn?: string;
    roleSessionName: string;
    webIdentityTokenFile?: string;
    clientConfig: { region?: string };
  }): SdkProvider;
  fromHttp(): SdkProvider;
  fromInstanceMetadata(): SdkProvider;
  fromNodeProviderChain(): SdkProvider;
}

const defaultSessionName = 'node-red';

const providers: Readonly<Record<AwsRoleKind, (sdk: AwsSdk, role: AwsRole, region: string) => SdkProvider>> =
  {
    'assume-role': (sdk, role, region) =>
      sdk.fromTemporaryCredentials({
        params: {
          RoleArn: role.roleArn!,
          RoleSessionName: role.sessionName || defaultSessionName,
          ...(role.externalId ? { ExternalId: role.externalId } : {}),
        },
        ...(role.key ? { masterCredentials: role.key } : {}),
        clientConfig: region ? { region } : {},
      }),
    'web-identity': (sdk, role, region) =>
      sdk.fromTokenFile({
        roleSessionName: role.sessionName || defaultSessionName,
        ...(role.roleArn ? { roleArn: role.roleArn } : {}),
        ...(role.tokenFile ? { webIdentityTokenFile: role.tokenFile } : {}),
        clientConfig: region ? { region } : {},
      }),
    container: (sdk) => sdk.fromHttp(),
    instance: (sdk) => sdk.fromInstanceMetadata(),
    default: (sdk) => sdk.fromNodeProviderChain(),
  };

/**
 * AWS Signature Version 4 with the temporary credentials of a role. They are fetched on the first request through the
 * AWS SDK, an optional peer, and kept until shortly before they expire.
 *
 * @param sources the clock (milliseconds since the epoch), and how the SDK is loaded
 * @throws Failure CONFIG when `assume-role` has no role
 */
export function awsRole(
  role: AwsRole,
  target: AwsTarget,
  sources: { now?: () => number; load?: () => Promise<AwsSdk> } = {},
): Authenticator {
  const { now = Date.now, load = loadSdk } = sources;
  if (role.kind === 'assume-role' && !role.roleArn) {
    throw new Failure('CONFIG', 'the ARN of the role to assume is empty');
  }
  let provider: SdkProvider | undefined;
  const fetch = async (): Promise<SdkCredentials> => {
    provider ??= providers[role.kind](await load(), role, target.region);
    return provider();
  };
  const own = [role.key?.secretAccessKey, role.key?.sessionToken].filter((secret) => secret !== undefined);
  return signatureV4(new TemporaryCredentials(fetch, now, own), target, now);
}

/** Renewed this long before they expire, so that none expires on the way. */
const margin = 5 * 60_000;

/** Credentials that expire: fetched once however many requests wait, renewed ahead of time. */
export class TemporaryCredentials implements AwsCredentialSource {
  readonly #fetch: SdkProvider;
  readonly #now: () => number;
  readonly #own: readonly string[];
  #current: SdkCredentials | undefined;
  #freshUntil = 0;
  #fetching: Promise<SdkCredentials> | undefined;
  #secrets: readonly string[];

  constructor(fetch: SdkProvider, now: () => number, own: readonly string[]) {
    this.#fetch = fetch;
    this.#now = now;
    this.#own = own;
    this.#secrets = own;
  }

  /** @throws Failure when there are none to be had, or the signal's reason */
  async get(signal: AbortSignal): Promise<AwsCredentials> {
    if (this.#current && this.#now() < this.#freshUntil) return this.#current;
    this.#fetching ??= this.#renew().finally(() => (this.#fetching = undefined));
    return unlessAborted(this.#fetching, signal);
  }

  expire(used: AwsCredentials): boolean {
    if (used === this.#current) this.#current = undefined;
    return true;
  }

  secrets(): readonly string[] {
    return this.#secrets;
  }

  async #renew(): Promise<SdkCredentials> {
    const before = this.#current;
    let fetched: SdkCredentials;
    try {
      fetched = await this.#fetch();
    } catch (error) {
      // those that are there may still do
      if (before?.expiration && before.expiration.getTime() > this.#now()) return before;
      throw describe(error);
    }
    const now = this.#now();
    const expiry = fetched.expiration?.getTime() ?? Infinity;
    // a source that hands out the last minutes of what it has is not asked again for every request
    this.#freshUntil = Math.max(expiry - margin, now + Math.min(margin, (expiry - now) / 2));
    this.#current = fetched;
    // requests that are still under way carry the ones before
    this.#secrets = [
      ...this.#own,
      ...[fetched, before].flatMap((one) => [one?.secretAccessKey, one?.sessionToken]),
    ].filter((secret) => secret !== undefined);
    return fetched;
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort!);
  }
}

async function loadSdk(): Promise<AwsSdk> {
  const name: string = '@aws-sdk/credential-providers';
  try {
    return (await import(name)) as AwsSdk;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause;
    throw new Failure(
      'CONFIG',
      `AWS roles need the package ${name}, which is not installed: run "npm install ${name}" in the Node-RED user directory`,
    );
  }
}

/** A refusal of AWS is not tried again; that nothing answered may be. */
function describe(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const text = error instanceof Error ? error.message : String(error);
  const refused = error instanceof Error && '$fault' in error && error.$fault === 'client';
  return new Failure('AUTHENTICATION', `no credentials from AWS: ${text}`, {
    retryable: !refused,
    cause: error,
  });
}

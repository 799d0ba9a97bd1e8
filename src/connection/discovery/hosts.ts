/** What the name of a host says about the credentials that are wanted there. */
import { RequestSigner } from 'aws4';
import type { Challenge } from '../auth/challenge';
import type { AuthSettings } from './suggestion';

/** Service and region of a host of AWS, as far as its name says. */
export function awsHost(hostname: string): { service: string; region: string } | undefined {
  const [, lambdaRegion] = /\.lambda-url\.([a-z0-9-]+)\.on\.aws$/.exec(hostname) ?? [];
  if (lambdaRegion) return { service: 'lambda', region: lambdaRegion };
  if (!/\.amazonaws\.com(?:\.cn)?$/.test(hostname)) return undefined;
  const { service, region } = new RequestSigner(
    { hostname, path: '/', headers: {} },
    { accessKeyId: '', secretAccessKey: '' },
  );
  return { service, region };
}

/** By the end of the host's name: the cloud, and the resource whose `.default` scope the service takes ('' is the host). */
const azureHosts: readonly [suffix: string, cloud: AuthSettings['azureCloud'], resource: string][] = [
  ['graph.microsoft.com', 'public', ''],
  ['management.azure.com', 'public', ''],
  ['.vault.azure.net', 'public', 'https://vault.azure.net'],
  ['.blob.core.windows.net', 'public', 'https://storage.azure.com'],
  ['.queue.core.windows.net', 'public', 'https://storage.azure.com'],
  ['.table.core.windows.net', 'public', 'https://storage.azure.com'],
  ['.servicebus.windows.net', 'public', 'https://servicebus.azure.net'],
  ['.search.windows.net', 'public', 'https://search.azure.com'],
  ['.dynamics.com', 'public', ''],
  ['.sharepoint.com', 'public', ''],
  ['graph.microsoft.us', 'government', ''],
  ['management.usgovcloudapi.net', 'government', ''],
  ['.vault.usgovcloudapi.net', 'government', 'https://vault.usgovcloudapi.net'],
  ['microsoftgraph.chinacloudapi.cn', 'china', ''],
  ['management.chinacloudapi.cn', 'china', ''],
  ['.vault.azure.cn', 'china', 'https://vault.azure.cn'],
];

/** What a service of Azure wants. Some say their tenant in the challenge, as `authorization_uri` or `authorization`. */
export function azureHost({ hostname }: URL, challenges: readonly Challenge[]): AuthSettings | undefined {
  const [, cloud, resource] = azureHosts.find(([suffix]) => hostname.endsWith(suffix)) ?? [];
  if (!cloud) return undefined;
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer')?.params;
  const authority = bearer?.get('authorization_uri') ?? bearer?.get('authorization') ?? '';
  const tenant = /^https:\/\/login\.[a-z.]+\/([a-z0-9.-]+)/i.exec(authority)?.[1] ?? '';
  // `common` stands for any tenant, which only the person can know
  const azureTenant = tenant === 'common' ? '' : tenant;
  return { azureCloud: cloud, azureTenant, scope: `${resource || `https://${hostname}`}/.default` };
}

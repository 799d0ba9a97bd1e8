/** Microsoft Entra ID (Azure AD), version 2 endpoints: what a tenant's name becomes in the settings of OAuth 2. */
import { Failure } from '../../exchange/failure';

/** The national clouds. */
export const azureAuthorities = {
  public: 'https://login.microsoftonline.com',
  government: 'https://login.microsoftonline.us',
  china: 'https://login.partner.microsoftonline.cn',
} as const;

/**
 * The endpoints of a tenant: its ID, one of its domains, `common`, `organizations` or `consumers`. The issuer is left
 * out: for the last three it is not known before somebody logs in.
 *
 * @throws Failure CONFIG when that is no tenant
 */
export function azureEndpoints(
  tenant: string,
  cloud: keyof typeof azureAuthorities = 'public',
): { issuer: ''; authorizationEndpoint: string; tokenEndpoint: string } {
  if (!/^[a-z0-9.-]+$/i.test(tenant))
    throw new Failure('CONFIG', 'the Azure tenant is neither an ID nor a domain');
  const stem = `${azureAuthorities[cloud]}/${tenant}/oauth2/v2.0`;
  return { issuer: '', authorizationEndpoint: `${stem}/authorize`, tokenEndpoint: `${stem}/token` };
}

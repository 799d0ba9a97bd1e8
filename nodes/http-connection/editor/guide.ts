/** The guided set-up of a connection: its address, which authentication it wants, a login, a test. */
import type { AuthReason, AuthSuggestion } from '../../../src/connection/discovery/suggestion';
import type { Look } from '../../../src/connection/discovery/look';
import { asText, isEnvironment } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import { groupProblem } from '../../editor/field-group';
import type { GuidePlace, GuideStep } from '../../editor/guide/guide';
import { showSuggestions } from '../../editor/guide/suggestions';
import type { AuthScheme, HttpConnectionConfig } from '../config';
import { baseUrlProblem, t } from './checks';
import { post } from './endpoint';
import { credentialsOf, groups, groupsOf, isNeeded, usesTable, type CredentialName } from './schemes';
import type { TestPanel } from './test-panel';
import { valuesOf } from './values';

export function connectionSteps(
  id: string,
  dialog: Dialog<HttpConnectionConfig>,
  root: JQuery,
  panel: TestPanel,
): GuideStep[] {
  const path = root.find('#nrhc-http-connection-test-path');
  const text = (property: string) => asText(dialog.value(property)).trim();
  const scheme = () => text('auth') as AuthScheme;
  const place = () => JSON.stringify([text('baseUrl'), asText(path.val()).trim()]);
  const inUse = () => JSON.stringify([place(), valuesOf(dialog)]);
  /** What the last look found, and where. */
  let seen: { at: string; look: Look } | undefined;
  /** That no authentication was chosen on purpose, for this place. */
  let without: string | undefined;
  /** What the last test that went well was of. */
  let tested: string | undefined;
  panel.watch(({ ok }) => {
    tested = ok ? inUse() : undefined;
  });

  async function lookFor({ say, next }: GuidePlace): Promise<void> {
    const at = place();
    const body = { config: dialog.values(), credentials: {}, path: asText(path.val()).trim() };
    const look = await post<Look>(`look/${encodeURIComponent(id)}`, body, dialog.closed);
    seen = { at, look };
    if (look.problem) say(t('guide.unreachable', { reason: look.problem.message }), 'failed');
    else next();
  }

  function showSeen({ look }: NonNullable<typeof seen>, { element, say, ...guide }: GuidePlace): void {
    const take = ({ scheme, settings }: AuthSuggestion) => {
      dialog.set('auth', scheme);
      fill(dialog, settings ?? {});
      without = scheme === 'none' ? place() : undefined;
      dialog.showProblems();
      guide.refresh();
      say(t('guide.taken', { scheme: t(`auth.${scheme}`) }), 'ok');
      guide.toField();
    };
    const offers = look.suggestions.map((suggestion) => ({
      title: t(`auth.${suggestion.scheme}`),
      reason: reasonOf(suggestion.reason),
      take: () => take(suggestion),
    }));
    showSuggestions(element, offers, t('guide.use'));
    const { statusCode, statusText, location } = look.answer!;
    const status = `${statusCode} ${statusText}`.trim();
    const answered = location ? t('guide.moved', { status, location }) : t('guide.answered', { status });
    say(offers.length > 0 ? answered : `${answered} ${t('guide.noSign')}`);
  }

  return [
    {
      id: 'address',
      title: t('guide.address'),
      text: t('guide.addressText'),
      fields: () => dialog.input('baseUrl').add(dialog.input('allowedHosts').filter(':visible')),
      render: (guide) => void guide.action(t('guide.look'), () => lookFor(guide)),
      done: () => {
        const url = text('baseUrl');
        if (url === '') return text('allowedHosts') !== '';
        return isEnvironment(url) || baseUrlProblem(url) === undefined;
      },
    },
    {
      id: 'authentication',
      title: t('guide.authentication'),
      text: t('guide.authenticationText'),
      fields: () => {
        const login = root.find('[data-nrhc-auth="oauth-code"] *');
        return root.find('#nrhc-http-connection-authentication').find('input, select, textarea').not(login);
      },
      render: (guide) => {
        if (seen?.at === place() && seen.look.answer) showSeen(seen, guide);
        else guide.action(t('guide.look'), async () => lookFor({ ...guide, next: () => again(guide) }));
      },
      done: () => (scheme() === 'none' ? without === place() || tested === inUse() : isFilled(dialog)),
      optional: true,
    },
    {
      id: 'login',
      title: t('guide.login'),
      text: t('guide.loginText'),
      fields: () => root.find('.nrhc-callback button, .nrhc-connect'),
      done: () => root.find('.nrhc-login-ok').length > 0,
      applies: () => scheme() === 'oauth-code',
    },
    {
      id: 'test',
      title: t('guide.test'),
      text: t('guide.testText'),
      fields: () => path,
      render: (guide) => {
        guide.action(t('test.button'), async () => void (await panel.test()));
        panel.watch(({ ok, message, hints }) => {
          guide.say([message, ...hints].join(' · '), ok ? 'ok' : 'failed');
          guide.refresh();
        });
      },
      done: () => tested === inUse(),
    },
  ];

  /** Shows what the second look found, where the first was asked for. */
  function again(guide: GuidePlace): void {
    guide.element.empty();
    if (seen) showSeen(seen, guide);
  }
}

function reasonOf({ code, values }: AuthReason): string {
  return t(`guideReason.${code}`, values);
}

/** What was found of a scheme's settings goes into their fields. */
function fill(dialog: Dialog<HttpConnectionConfig>, settings: NonNullable<AuthSuggestion['settings']>): void {
  const { region, service, issuer, azureTenant, azureCloud, scope } = settings;
  if (service !== undefined) dialog.set('aws', { region, service });
  if (issuer === undefined && azureCloud === undefined) return;
  const none = { authorizationEndpoint: '', tokenEndpoint: '', issuer: '', azureTenant: '' };
  const found = azureCloud === undefined ? { issuer } : { azureTenant, azureCloud };
  dialog.set('oauth', { ...none, ...found, ...(scope === undefined ? {} : { scope }) });
  // a tenant that is still to be entered
  if (azureCloud !== undefined) $('#nrhc-oauth-endpoints').val('azure').trigger('change');
}

/** Whether everything is there that the chosen scheme cannot do without. */
function isFilled(dialog: Dialog<HttpConnectionConfig>): boolean {
  const config = dialog.values() as unknown as HttpConnectionConfig;
  const { auth } = config;
  const given = (name: string) => asText(dialog.input(name).val()) !== '';
  if (usesTable(auth)) {
    const { authFields } = config;
    if (authFields.length === 0 && auth !== 'custom') return false;
    if (!authFields.every(({ name, slot }) => name !== '' && given(slot))) return false;
  }
  // an empty password is possible, and rare: whoever has one skips the step
  const isAsked = (name: CredentialName) => isNeeded(name === 'password' ? 'username' : name, auth);
  const needed = credentialsOf(auth, config).filter(isAsked);
  return (
    needed.every(given) &&
    groupsOf(auth).every((name) => groupProblem(groups[name], config[name], auth, t) === undefined)
  );
}

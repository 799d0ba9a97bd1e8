/** Which handshakes a node answers, and what they need. */
import { handshakes, type HandshakeId } from '../../../src/webhook/handshakes/presets';
import type { Handshake } from '../../../src/webhook/handshakes/handshake';
import { presets } from '../../../src/webhook/verification/presets';
import { serviceOf } from '../../../src/webhook/verification/service';
import { asText } from '../../editor/checks';
import type { HandshakeFields } from '../verification-config';
import type { ValueOf } from './shape';

export const genericHandshakes = [
  'echo-query',
  'echo-json',
  'hmac-query',
  'learn-header',
  'confirm-get',
] as const;
export type GenericHandshake = (typeof genericHandshakes)[number];

/** Methods that the general ones come with. */
const methodOf: Record<GenericHandshake, string> = {
  'echo-query': 'GET',
  'echo-json': 'POST',
  'hmac-query': 'GET',
  'learn-header': 'POST',
  'confirm-get': 'POST',
};

/** The preset that is chosen and that there is. */
export function presetOf(value: ValueOf) {
  const id = asText(value('preset'));
  return value('verification') === 'preset' && Object.hasOwn(presets, id)
    ? presets[id as keyof typeof presets]
    : undefined;
}

/** Those that a service is known for, by what the choices mean. */
export function knownHandshakes(value: ValueOf): HandshakeId[] {
  const choice = asText(value('handshake'));
  if (choice !== '') return Object.hasOwn(handshakes, choice) ? [choice as HandshakeId] : [];
  const own = serviceOf(asText(value('verification')), asText(value('preset')))?.handshakes ?? [];
  return value('payload') === 'cloudevents' ? [...own, 'cloudevents'] : [...own];
}

export function genericHandshake(value: ValueOf): GenericHandshake | undefined {
  return genericHandshakes.find((one) => one === value('handshake'));
}

/** Methods that deliveries to the node may have: those chosen, and those of its handshakes. */
export function routeMethods(value: ValueOf): string[] {
  const generic = genericHandshake(value);
  return [
    ...((value('methods') as string[] | undefined) ?? []),
    ...knownHandshakes(value).flatMap((id) => handshakes[id].methods),
    ...(generic ? [methodOf[generic]] : []),
  ].map((method) => method.trim().toUpperCase());
}

/** What the chosen handshakes need beside their own fields. */
export function handshakeNeeds(value: ValueOf) {
  const known: Handshake[] = knownHandshakes(value).map((id) => handshakes[id]);
  const generic = genericHandshake(value);
  const fields = value('handshakeFields') as Partial<HandshakeFields> | undefined;
  const signs = known.some(
    ({ answer }) => typeof answer.body === 'object' && /"hmac"/.test(JSON.stringify(answer.body)),
  );
  const tests = known.some(({ check = [] }) => check.some(({ setting }) => setting === 'verifyToken'));
  return {
    /** It signs with the secret. */
    secret: signs || generic === 'hmac-query',
    /** It brings the secret. */
    learns: known.some(({ learn }) => learn === true) || generic === 'learn-header',
    verifyToken: tests || (generic === 'echo-query' && asText(fields?.tokenParameter).trim() !== ''),
    topic: knownHandshakes(value).includes('websub'),
  };
}

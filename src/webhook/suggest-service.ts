/** Which of the services in `verification/presets.ts` a delivery comes from, as far as it tells. Pure. */
import type { Reason } from '../sample/reason';
import { queryOf, type Delivery } from './delivery';
import { fitsAlgorithm } from './signature-shape';
import { decodeSignature } from './verification/algorithms';
import { parseJson, valuesAt } from './verification/json-body';
import { presetSigns, type PresetSigns } from './verification/preset-signs';
import { presetIds, presets, type PresetId } from './verification/presets';
import type { SignatureScheme } from './verification/scheme';
import { readSignatureHeader } from './verification/signature-header';
import { headerOf } from './verification/signed-content';

export interface ServiceSuggestion {
  preset: PresetId;
  reasons: Reason<ServiceReason>[];
  score: number;
}

/** With `name`; `others` with what else the delivery has, in `names`. */
export type ServiceReason = 'ownHeader' | 'sharedHeader' | 'inBody' | 'others' | 'userAgent' | 'urlTest';

type Proof = { score: number; reason: Reason<ServiceReason> };

const longestBody = 1024 * 1024;

/** Headers that several services use. */
const shared = /^(?:x-hub-signature|webhook-signature|x-signature)/;

/** Services whose delivery it may be; a score of 70 and more is sure but for what others send as well. */
export function suggestServices(delivery: Delivery): ServiceSuggestion[] {
  return presetIds.flatMap((preset): ServiceSuggestion[] => {
    const proof = proofOf(preset, delivery);
    const { reasons, sure } = signsOf(presetSigns[preset] ?? {}, delivery);
    if (!proof && !sure) return [];
    const score = (proof?.score ?? 55) + Math.min(reasons.length, 2) * 10;
    return [{ preset, reasons: [...(proof ? [proof.reason] : []), ...reasons], score }];
  });
}

/** Whether the delivery has what the service proves itself with. */
function proofOf(preset: PresetId, delivery: Delivery): Proof | undefined {
  const { verification } = presets[preset];
  switch (verification.kind) {
    case 'signature': {
      const { scheme } = verification;
      if (!fitsScheme(scheme, delivery)) return undefined;
      const isShared = shared.test(scheme.header);
      const code = isShared ? 'sharedHeader' : 'ownHeader';
      return { score: isShared ? 70 : 80, reason: { code, values: { name: scheme.header } } };
    }
    case 'secret-header': {
      const { header: name } = verification;
      if (headerOf(delivery, name) === undefined) return undefined;
      return { score: 75, reason: { code: 'ownHeader', values: { name } } };
    }
    case 'body-token':
      return inBody(delivery, verification.path, 75);
    case 'aws-sns':
      return inBody(delivery, 'SigningCertURL', 85);
  }
}

function inBody(delivery: Delivery, path: string, score: number): Proof | undefined {
  const values = valuesAt(parseJson(delivery.body, longestBody), path);
  if (values.length === 0 || !values.every((value) => typeof value === 'string')) return undefined;
  return { score, reason: { code: 'inBody', values: { name: path } } };
}

function fitsScheme(scheme: SignatureScheme, delivery: Delivery): boolean {
  const { timestamp, idHeader, encoding, algorithm } = scheme;
  try {
    const { signatures } = readSignatureHeader(scheme, delivery);
    if (timestamp?.from === 'header' && headerOf(delivery, timestamp.name) === undefined) return false;
    if (idHeader !== '' && headerOf(delivery, idHeader) === undefined) return false;
    return signatures.some((signature) => {
      const bytes = decodeSignature(signature, encoding);
      return bytes !== undefined && fitsAlgorithm(bytes, algorithm);
    });
  } catch {
    return false;
  }
}

/** Other signs of a service. `sure` when it is its test of the URL, which comes before any signature. */
function signsOf({ headers = [], userAgent, query, body }: PresetSigns, delivery: Delivery) {
  const names = headers.filter((name) => headerOf(delivery, name) !== undefined);
  const parameters = new URLSearchParams(queryOf(delivery.url));
  const tests = query?.every((name) => parameters.has(name)) ?? false;
  const agent = headerOf(delivery, 'user-agent');
  const json = body && parseJson(delivery.body, longestBody);
  if (body?.every((name) => valuesAt(json, name)[0] !== undefined)) names.push(...body);
  const reasons: Reason<ServiceReason>[] = [];
  if (tests) reasons.push({ code: 'urlTest', values: { names: query!.join(', ') } });
  if (names.length > 0) reasons.push({ code: 'others', values: { names: names.join(', ') } });
  if (agent !== undefined && userAgent?.test(agent)) reasons.push({ code: 'userAgent' });
  return { reasons, sure: tests || names.includes('x-hook-secret') };
}

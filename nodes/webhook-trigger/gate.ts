/** From the dialog's fields to who may deliver: verifier, addresses, handshakes. */
import { Failure } from '../../src/exchange/failure';
import { Gatekeeper, type SecretKeeper } from '../../src/webhook/gatekeeper';
import {
  confirmByGet,
  echoJson,
  echoQuery,
  hmacOfQuery,
  learnFromHeader,
} from '../../src/webhook/handshakes/generic';
import type { Handshake } from '../../src/webhook/handshakes/handshake';
import { handshakes, type HandshakeId } from '../../src/webhook/handshakes/presets';
import type { RepeatSource } from '../../src/webhook/repeats';
import type { FetchText } from '../../src/webhook/verification/fetch-text';
import { IpAllowList } from '../../src/webhook/verification/ip-allow-list';
import { makeVerifier, type VerificationSettings } from '../../src/webhook/verification/make-verifier';
import type { Preset } from '../../src/webhook/verification/presets';
import { serviceOf } from '../../src/webhook/verification/service';
import { numberOf } from '../runtime/settings';
import type { WebhookTriggerConfig } from './config';
import {
  secretSlots,
  verificationDefaults,
  type HandshakeFields,
  type VerificationConfig,
  type VerificationCredentials,
} from './verification-config';

export interface GateOptions {
  config: WebhookTriggerConfig;
  credentials: VerificationCredentials;
  fetchText: FetchText;
  keeper?: SecretKeeper;
  /** Judges a delivery of that time once more, in milliseconds since the epoch: then nothing is confirmed to the sender. */
  at?: number;
}

export interface Gate {
  gatekeeper: Gatekeeper;
  /** Those of the handshakes, which come beside the methods of deliveries. */
  methods: string[];
  /** How a sender is told to prove itself. */
  scheme: 'Basic' | 'Secret';
  /** The id that the service gives its events. */
  eventId?: RepeatSource;
}

/** @throws Failure CONFIG when the settings cannot work */
export function makeGate({ config, credentials, fetchText, keeper, at }: GateOptions): Gate {
  const service = serviceOf(config.verification, config.preset);
  const settings = settingsOf(config);
  const secrets = secretsOf(credentials);
  const shakes = handshakesOf(config, service);
  const ranges = listOf(config.allowedIps);
  const gatekeeper = new Gatekeeper({
    allow: ranges.length > 0 ? new IpAllowList(ranges, listOf(config.trustedProxies)) : undefined,
    verifier: (known) =>
      makeVerifier(settings(known), {
        secrets: known,
        publicUrl: config.publicUrl.trim(),
        fetchText,
        now: at === undefined ? Date.now : () => at,
      }),
    secrets,
    handshakes: shakes,
    settings: {
      ...(credentials.verifyToken ? { verifyToken: credentials.verifyToken } : {}),
      ...(config.handshakeFields.topic ? { topic: config.handshakeFields.topic, mode: 'subscribe' } : {}),
    },
    confirm: async (url) => {
      if (at === undefined) await fetchText(url);
    },
    keeper,
  });
  return {
    gatekeeper,
    methods: shakes.flatMap(({ methods }) => methods),
    scheme: config.verification === 'basic' ? 'Basic' : 'Secret',
    eventId: service?.eventId,
  };
}

/** Fields inside a group that a flow written by hand leaves out. */
export function withDefaults(config: WebhookTriggerConfig): WebhookTriggerConfig {
  const { signature, jwt, messageSignature, handshakeFields } = verificationDefaults;
  return {
    ...config,
    signature: { ...signature, ...config.signature },
    jwt: { ...jwt, ...config.jwt },
    messageSignature: { ...messageSignature, ...config.messageSignature },
    handshakeFields: { ...handshakeFields, ...config.handshakeFields },
  };
}

export function listOf(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** All that are set. */
export function secretsOf(credentials: VerificationCredentials): string[] {
  return secretSlots.map((slot) => credentials[slot] ?? '').filter((secret) => secret !== '');
}

type Settings = (secrets: readonly string[]) => VerificationSettings;
type Kind = VerificationConfig['verification'];

const makers: { [K in Kind]: (config: VerificationConfig) => Settings } = {
  none: () => () => ({ kind: 'none' }),
  preset: ({ preset }) => {
    if (preset === '') throw new Failure('CONFIG', 'no service is chosen for the verification');
    return () => ({ kind: 'preset', preset });
  },
  'secret-header': ({ secretHeader: header }) => {
    return () => ({ kind: 'secret-header', header });
  },
  'query-token': ({ queryParameter: parameter }) => {
    return () => ({ kind: 'query-token', parameter });
  },
  'body-token': ({ bodyTokenPath: path }) => {
    return () => ({ kind: 'body-token', path });
  },
  basic: ({ user }) => {
    return () => ({ kind: 'basic', user });
  },
  signature: ({ signature }) => {
    const { timestampFrom, timestampName, timestampUnit, timestampTolerance, url, ...scheme } = signature;
    const timestamp =
      timestampFrom === 'none'
        ? undefined
        : {
            from: timestampFrom,
            name: timestampName,
            unit: timestampUnit,
            tolerance: numberOf(timestampTolerance, "the timestamp's tolerance"),
          };
    return () => ({
      kind: 'signature',
      scheme: { ...scheme, timestamp, url: [url], bodyDigest: '' },
    });
  },
  jwt: ({ jwt }) => {
    const { header, keysFrom, secretFormat: format, jwksUrl } = jwt;
    const tolerance = numberOf(jwt.tolerance, "the token's tolerance");
    const lists = {
      algorithms: listOf(jwt.algorithms),
      issuers: listOf(jwt.issuers),
      audiences: listOf(jwt.audiences),
      required: listOf(jwt.required),
    };
    return (secrets) => ({
      kind: 'jwt',
      scheme: {
        header,
        ...lists,
        tolerance,
        keys:
          keysFrom === 'jwks'
            ? { from: 'jwks', url: jwksUrl }
            : keysFrom === 'public-keys'
              ? { from: 'public-keys', keys: secrets, format }
              : { from: 'secrets', secrets, format },
      },
    });
  },
  'message-signature': ({ messageSignature }) => {
    const { algorithm, keyId, secretFormat, required, tag } = messageSignature;
    const tolerance = numberOf(messageSignature.tolerance, "the signature's tolerance");
    return (secrets) => ({
      kind: 'message-signature',
      scheme: {
        keys: secrets.map((key) => ({ id: keyId, algorithm, key, format: secretFormat })),
        required: listOf(required),
        tolerance,
        tag,
      },
    });
  },
  'aws-sns': () => () => ({ kind: 'aws-sns' }),
};

/** A kind that is not known is an error, never no verification. @throws Failure CONFIG */
export function settingsOf(config: VerificationConfig): Settings {
  const { verification } = config;
  if (!Object.hasOwn(makers, verification)) {
    throw new Failure('CONFIG', `the verification "${String(verification)}" is not known`);
  }
  return makers[verification](config);
}

const generic: Record<string, (fields: HandshakeFields) => Handshake> = {
  'echo-query': ({ name, tokenParameter }) => echoQuery(name, { token: tokenParameter }),
  'echo-json': ({ name, answerField }) => echoJson(name, answerField || undefined),
  'hmac-query': ({ name, answerField, algorithm, encoding, prefix }) =>
    hmacOfQuery(name, answerField, { algorithm, encoding, prefix }),
  'learn-header': ({ name }) => learnFromHeader(name),
  'confirm-get': ({ name, hosts }) => confirmByGet(name, listOf(hosts)),
};

function handshakesOf(config: WebhookTriggerConfig, service: Preset | undefined): Handshake[] {
  const { handshake, handshakeFields: fields } = config;
  if (handshake === 'none') return [];
  if (handshake === '') {
    const ids: HandshakeId[] = [
      ...(service?.handshakes ?? []),
      ...(config.payload === 'cloudevents' ? (['cloudevents'] as const) : []),
    ];
    return ids.map((id) => handshakes[id]);
  }
  if (Object.hasOwn(handshakes, handshake)) return [handshakes[handshake as HandshakeId]];
  if (!Object.hasOwn(generic, handshake)) {
    throw new Failure('CONFIG', `the handshake "${handshake}" is not known`);
  }
  if (fields.name.trim() === '') throw new Failure('CONFIG', 'the handshake has no name to look for');
  return [generic[handshake]!(fields)];
}

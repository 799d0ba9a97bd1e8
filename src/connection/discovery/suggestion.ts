import type { Challenge } from '../auth/challenge';

/** A scheme of authentication that a server seems to want, and why. */
export interface AuthSuggestion {
  scheme: 'none' | 'basic' | 'bearer' | 'digest' | 'ntlm' | 'headers' | 'oauth-code' | 'oauth-client' | 'aws';
  reason: AuthReason;
  /** What is known of the scheme's settings. */
  settings?: AuthSettings;
}

/** The settings of OAuth 2 and of AWS that a look can find out. */
export interface AuthSettings {
  issuer?: string;
  azureTenant?: string;
  azureCloud?: 'public' | 'government' | 'china';
  scope?: string;
  region?: string;
  service?: string;
}

/** What speaks for a suggestion; the editor has the sentence. Values may come from the server. */
export interface AuthReason {
  code:
    /** `status`, `asked` (the name of the scheme as the server wrote it). */
    | 'challenge'
    /** The same with `realm`. */
    | 'challengeRealm'
    /** The same; the scheme is one that has no support of its own. */
    | 'otherChallenge'
    /** `issuer`: the service's own metadata (RFC 9728) name it. */
    | 'resource'
    /** `issuer`: published beside the service (RFC 8414, OpenID Connect Discovery). */
    | 'wellKnown'
    /** `host`, `service`, `region`. */
    | 'aws'
    /** `host`. */
    | 'azure'
    /** `status`: an answer without any credentials. */
    | 'open'
    /** `status`: credentials are missing, and the server does not say which. */
    | 'silent';
  values: Record<string, string | number>;
}

/** An authorization server as it describes itself (RFC 8414 section 2). */
export interface ServerDescription {
  issuer: string;
  /** The grants that it offers, of those that a connection has. */
  code: boolean;
  client: boolean;
}

/** What a look has found out. */
export interface Facts {
  /** What was looked at. */
  url: URL;
  /** Undefined when nothing answered. */
  answer?: { statusCode: number; challenges: readonly Challenge[] };
  /** Named by the service's own metadata. */
  named: readonly ServerDescription[];
  /** Found beside the service. */
  beside: readonly ServerDescription[];
}

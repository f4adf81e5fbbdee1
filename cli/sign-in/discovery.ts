import { readAddress } from '../../sdk/shared/origin.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { fetchJson } from './fetch-json.ts';

/** What an OpenID provider says about itself (OpenID Connect Discovery 1.0 §3, RFC 8414 §2). */
export interface Provider {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly authorizationEndpoint?: string;
  readonly deviceAuthorizationEndpoint?: string;
  readonly revocationEndpoint?: string;
  readonly jwksUri?: string;
  /** Empty if the provider does not list them. */
  readonly scopes: readonly string[];
  readonly tokenEndpointAuthMethods: readonly string[];
  /** True if every authorization response names its issuer (RFC 9207 §3). */
  readonly namesItself: boolean;
}

/** URL of the discovery document (OpenID Connect Discovery 1.0 §4). */
export const discoveryUrl = (issuer: string): string => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;

/**
 * Reads the discovery document of an issuer.
 * @throws {CommandError} `unavailable` without an answer, `failed` if it is not the document of this issuer
 */
export const discoverProvider = async (
  context: Pick<Context, 'fetch' | 'signal'>,
  issuer: string,
): Promise<Provider> => {
  checkAddress('The issuer', issuer);
  const url = discoveryUrl(issuer);
  const { json, status } = await fetchJson(context, 'The discovery document of the issuer', url);
  if (status !== 200 || json === undefined) {
    throw new CommandError(
      'failed',
      `${url} answers ${status}${status === 200 ? ' without a JSON object' : ''}; expected the discovery document.`,
      'Check the issuer: it is "iss" of access tokens, and the provider documents it.',
    );
  }
  return readProvider(issuer, json);
};

const readProvider = (issuer: string, document: Readonly<Record<string, unknown>>): Provider => {
  // A document of another issuer could send credentials to that one (OpenID Connect Discovery 1.0 §4.3).
  if (document.issuer !== issuer) {
    throw new CommandError(
      'failed',
      `The discovery document of ${issuer} says that its issuer is ${JSON.stringify(document.issuer)}; both must be equal.`,
      'Write the issuer exactly as the provider does, with or without the slash at its end.',
    );
  }
  const endpoint = (name: string): string | undefined => {
    const value = document[name];
    return typeof value === 'string' ? checkAddress(name, value) : undefined;
  };
  const tokenEndpoint = endpoint('token_endpoint');
  if (tokenEndpoint === undefined) {
    throw new CommandError('failed', `The discovery document of ${issuer} has no token_endpoint.`, 'Check the issuer.');
  }
  const optional = {
    authorizationEndpoint: endpoint('authorization_endpoint'),
    deviceAuthorizationEndpoint: endpoint('device_authorization_endpoint'),
    revocationEndpoint: endpoint('revocation_endpoint'),
    jwksUri: endpoint('jwks_uri'),
  };
  return {
    issuer,
    tokenEndpoint,
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<Provider>),
    scopes: textsOf(document.scopes_supported),
    tokenEndpointAuthMethods: textsOf(document.token_endpoint_auth_methods_supported),
    namesItself: document.authorization_response_iss_parameter_supported === true,
  };
};

const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

/** @throws {CommandError} `usage`, if credentials could be read on the way to the address */
const checkAddress = (name: string, value: string): string => {
  try {
    return readAddress(name, value).href && value;
  } catch (error) {
    throw new CommandError('usage', error instanceof Error ? error.message : String(error));
  }
};

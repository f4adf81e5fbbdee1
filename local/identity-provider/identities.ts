import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { JWK } from 'jose';
import type { OperatorRole } from '../../lambda/contract/operator-roles.ts';
import { LOCAL_CLI_CLIENT, LOCAL_CONSOLE_CLIENT } from '../../lib/config/local-settings.ts';
import { MACHINE_CLIENTS, type Machine, type MachineClient } from './machines.ts';

export type { MachineClient };
export const MACHINE_CLIENT_NAMES = Object.keys(MACHINE_CLIENTS) as readonly MachineClient[];

export const CONSOLE_CLIENT_ID = LOCAL_CONSOLE_CLIENT;

/** The command line, for people. It has no secret (RFC 8252 §8.5). */
export const CLI_CLIENT_ID = LOCAL_CLI_CLIENT;

/** People that the sign-in page offers; any other name works, and has no role. */
export const USERS: Readonly<Record<string, readonly OperatorRole[]>> = {
  operator: ['operator', 'operator_payload'],
  operator2: ['operator', 'operator_payload'],
  viewer: ['operator_read'],
  guest: [],
};

/** Everything secret at the provider. Kept over restarts, so that keys and what they signed go on. */
export interface Identities<Name extends string = MachineClient> {
  /** Signs access and ID tokens: RS256, because that is what the load balancer checks. */
  readonly signingKey: JWK;
  readonly cookieKey: string;
  readonly consoleClientSecret: string;
  /** Private keys of the machine clients, ES256. */
  readonly clientKeys: Readonly<Record<Name, JWK>>;
}

/**
 * Reads the identities from their file, makes those that are missing, and writes them (mode 0600).
 * @param machines clients that need a key. One client has one key, also under two names. @default those of `local`
 */
export function loadIdentities(file: string): Identities;
export function loadIdentities<Name extends string>(
  file: string,
  machines: Readonly<Record<Name, Pick<Machine, 'clientId'>>>,
): Identities<Name>;
export function loadIdentities(
  file: string,
  machines: Readonly<Record<string, Pick<Machine, 'clientId'>>> = MACHINE_CLIENTS,
): Identities<string> {
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Identities<string>>) : {};
  const keptKeys = kept.clientKeys ?? {};
  const keys = new Map<string, JWK>();
  for (const [name, { clientId }] of Object.entries(machines)) {
    keys.set(clientId, keys.get(clientId) ?? keptKeys[name] ?? makeKey('ES256'));
  }
  const identities = {
    signingKey: kept.signingKey ?? makeKey('RS256'),
    cookieKey: kept.cookieKey ?? randomBytes(32).toString('base64url'),
    consoleClientSecret: kept.consoleClientSecret ?? randomBytes(32).toString('base64url'),
    // Keys of clients that are away may be needed again.
    clientKeys: {
      ...keptKeys,
      ...Object.fromEntries(Object.entries(machines).map(([name, { clientId }]) => [name, keys.get(clientId) as JWK])),
    },
  };
  writeFileSync(file, JSON.stringify(identities), { mode: 0o600 });
  return identities;
}

const makeKey = (alg: 'RS256' | 'ES256'): JWK => {
  const { privateKey } =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...(privateKey.export({ format: 'jwk' }) as JWK), kid: randomUUID(), alg, use: 'sig' };
};

/** The members of a key that may be known to anyone (RFC 7518 §6). */
export const publicJwk = (key: JWK): JWK => {
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...rest } = key;
  return rest;
};

import { readFileSync } from 'node:fs';
import type { JWK } from 'jose';
import { requestAccessToken } from '../scenario/access-token.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** Variables for requesting a token with a client assertion (RFC 7523). */
const CLIENT = [
  'POSTERN_IDP_ISSUER',
  'POSTERN_TOKEN_ENDPOINT',
  'POSTERN_CLIENT_ID',
  'POSTERN_CLIENT_JWK_FILE',
] as const;

const DEFAULT_SCOPE = 'task_read task_write';

/** A variable is missing or wrong. */
export class MissingCredentials extends Error {}

/**
 * The sender's access token: `POSTERN_ACCESS_TOKEN` if it is set. Otherwise requests one from the identity provider with the
 * private key in `POSTERN_CLIENT_JWK_FILE` and the scopes of `POSTERN_SCOPE`.
 * @throws {MissingCredentials} with the missing variables, or the file without a key
 * @throws {Error} with the provider's error, if the provider refuses a token
 */
export const accessTokenOf = async (variables: Variables): Promise<string> => {
  if (variables.POSTERN_ACCESS_TOKEN) return variables.POSTERN_ACCESS_TOKEN;
  const missing = CLIENT.filter((name) => !variables[name]);
  if (missing.length > 0) throw new MissingCredentials(`Set POSTERN_ACCESS_TOKEN, or ${missing.join(', ')}.`);
  const [issuer, tokenEndpoint, clientId, file] = CLIENT.map((name) => variables[name]) as [
    string,
    string,
    string,
    string,
  ];
  const client = { clientId, privateJwk: readKey(file) };
  return requestAccessToken({ issuer, tokenEndpoint }, client, variables.POSTERN_SCOPE || DEFAULT_SCOPE);
};

const readKey = (file: string): JWK => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JWK;
  } catch {
    // Without the content of the file, which may be a secret.
    throw new MissingCredentials(`POSTERN_CLIENT_JWK_FILE is "${file}"; expected a file with a private key as a JWK.`);
  }
};

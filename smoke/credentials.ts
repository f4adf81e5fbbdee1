import { readFileSync } from 'node:fs';
import type { JWK } from 'jose';
import { requestAccessToken } from '../story/access-token.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** What must be set for a token to be asked for, with a client assertion (RFC 7523). */
const CLIENT = [
  'POSTERN_IDP_ISSUER',
  'POSTERN_TOKEN_ENDPOINT',
  'POSTERN_CLIENT_ID',
  'POSTERN_CLIENT_JWK_FILE',
] as const;

const DEFAULT_SCOPE = 'task_read task_write';

/** Something that the caller has to set. */
export class MissingCredentials extends Error {}

/**
 * The sender's access token: `POSTERN_ACCESS_TOKEN` where it is set, however it was got; otherwise one that the identity
 * provider gives for the private key in `POSTERN_CLIENT_JWK_FILE`, with the scopes of `POSTERN_SCOPE`.
 * @throws {MissingCredentials} naming what is not set, or the file that holds no key
 * @throws {Error} with the provider's error, if it gives none
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
    // Never what was read: it may be a key all the same.
    throw new MissingCredentials(`POSTERN_CLIENT_JWK_FILE is "${file}"; expected a file with a private key as a JWK.`);
  }
};

import { readFileSync } from 'node:fs';
import { CLIENT_ASSERTION_ALGORITHMS } from '../../sdk/shared/client-credentials.ts';
import { type PrivateJwk, readSigner } from '../../sdk/shared/private-key.ts';
import { CommandError } from '../command-error.ts';

/**
 * Reads the private key of a client. No error quotes its content.
 * @throws {CommandError} `usage`, if the file is no private JWK
 */
export const readPrivateKeyFile = (file: string): PrivateJwk => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(
      'usage',
      `The private key ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
  let jwk: unknown;
  try {
    jwk = JSON.parse(text);
  } catch {
    const isPem = text.trimStart().startsWith('-----BEGIN');
    throw new CommandError(
      'usage',
      `The private key ${file} is ${isPem ? 'PEM' : 'no JSON'}; expected one JWK (RFC 7517).`,
      'Write the private key as a JWK into the file.',
    );
  }
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) {
    throw new CommandError('usage', `The private key ${file} is no JSON object; expected one JWK (RFC 7517).`);
  }
  if ('keys' in jwk) {
    throw new CommandError(
      'usage',
      `The private key ${file} is a set of keys; expected one JWK.`,
      'Write one of its keys into the file.',
    );
  }
  try {
    readSigner(jwk as PrivateJwk, CLIENT_ASSERTION_ALGORITHMS);
  } catch (error) {
    throw new CommandError('usage', `${file}: ${error instanceof Error ? error.message : error}`);
  }
  return jwk as PrivateJwk;
};

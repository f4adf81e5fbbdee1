import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const HELP = `npm run encryption-key -- --secret-file FILE

Makes a key pair for "tokenEncryption" of an environment (ECDH-ES on P-256).

  --secret-file FILE  where the private key goes: a new file that only you can read. It is never printed.
  --help              prints this

The public key is printed: copy it into "tokenEncryption.publicJwk" of the environment's file.`;

/** `npm run encryption-key`: the private half goes into a file, the public half is printed. Exit code 2 on wrong use. */
const main = (): void => {
  const { values } = parseArgs({
    options: { 'secret-file': { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const file = values['secret-file'];
  if (!file) throw new Error('--secret-file is missing; expected the path of a new file for the private key.');

  const kid = randomUUID();
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // `wx`: a key that tokens are encrypted with is never overwritten.
  writeFileSync(file, `${JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid })}\n`, {
    mode: 0o600,
    flag: 'wx',
  });
  console.log(`The private key is in ${file}. Put it into the secret, then delete the file:

  aws secretsmanager create-secret --name SECRET_NAME --secret-string file://${file}

The public key, for "tokenEncryption.publicJwk" of the environment's file:

${JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid })}`);
};

try {
  main();
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const exists = 'The file exists already: name a new one. A key that is in use must not be overwritten.';
  console.error(`${code === 'EEXIST' ? exists : message}\n\n${HELP}`);
  process.exitCode = 2;
}

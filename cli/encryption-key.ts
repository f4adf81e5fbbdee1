import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const HELP = `npm run encryption-key -- --secret-file FILE

Creates a key pair for "tokenEncryption" of an environment (ECDH-ES on P-256).

  --secret-file FILE  new file for the private key, which only you can read. The private key is not printed.
  --help              prints this text

The public key is printed. Copy it into "tokenEncryption.publicJwk" of the environment's file.`;

/** `npm run encryption-key`: writes the private key to a file and prints the public key. Exit code 2 for wrong options. */
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
  // `wx` fails if the file exists: a key in use is never overwritten.
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
  const exists = 'The file exists. Name a new one: a key in use must not be overwritten.';
  console.error(`${code === 'EEXIST' ? exists : message}\n\n${HELP}`);
  process.exitCode = 2;
}

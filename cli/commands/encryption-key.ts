import { defineCommand } from '../command.ts';
import { writeNewFile } from '../files.ts';

export const ENCRYPTION_KEY_COMMAND = defineCommand({
  name: 'encryption-key',
  summary: 'Makes the key pair for the encrypted tokens of an environment',
  description:
    'The key pair is for ECDH-ES on P-256. Prints the public key, for "tokenEncryption.publicJwk" of the environment\'s file. ' +
    'Writes the private key to a new file that only you can read, and never prints it.',
  options: {
    out: { doc: 'new file for the private key', value: 'FILE', default: 'encryption-key.json' },
  },
  examples: ['postern encryption-key --out key.json'],
  exits: [],
  run: async ({ cwd, io }, { options: { out } }) => {
    const { generateKeyPairSync, randomUUID } = await import('node:crypto');
    const kid = randomUUID();
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const publicJwk = { ...pair.publicKey.export({ format: 'jwk' }), kid };
    writeNewFile({ cwd }, out, `${JSON.stringify({ ...pair.privateKey.export({ format: 'jwk' }), kid })}\n`);
    io.note(`The private key is in ${out}. Put it into the secret, then delete the file:

  aws secretsmanager create-secret --name SECRET_NAME --secret-string file://${out}
`);
    io.print(
      { publicJwk, privateKeyFile: out },
      () => `The public key, for "tokenEncryption.publicJwk" of the environment's file:

${JSON.stringify(publicJwk)}`,
    );
    return 'ok';
  },
});

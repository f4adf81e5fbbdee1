import { generateKeyPairSync, randomUUID } from 'node:crypto';

/** `npm run encryption-key`: a new key pair for `tokenEncryption`: what goes into the secret, and what into the file. */
const kid = randomUUID();
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
console.log('Into the secret, and nowhere else:\n');
console.log(JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid }));
console.log('\nInto `tokenEncryption.publicJwk` of the environment file:\n');
console.log(JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid }));

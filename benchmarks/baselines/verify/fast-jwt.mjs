import { createPublicKey } from 'node:crypto';
import { createVerifier } from 'fast-jwt';

const { JWKS, POSTERN_ORIGIN: ORIGIN } = process.env;
const verify = createVerifier({
  key: createPublicKey({ key: JSON.parse(JWKS).keys[0], format: 'jwk' }).export({ format: 'pem', type: 'spki' }),
  algorithms: ['ES256'],
  allowedIss: ORIGIN,
  allowedAud: `${ORIGIN}/v1/results`,
  checkTyp: 'callback+jwt',
  // Each token comes once.
  cache: false,
});

export const handler = async ({ token }) => {
  try {
    return { statusCode: 200, body: verify(token).jti };
  } catch (error) {
    return { statusCode: 401, body: error.code };
  }
};

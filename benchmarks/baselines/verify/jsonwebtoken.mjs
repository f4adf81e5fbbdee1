import { createPublicKey } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';

const { JWKS, POSTERN_ORIGIN: ORIGIN } = process.env;
const key = createPublicKey({ key: JSON.parse(JWKS).keys[0], format: 'jwk' });
const options = { algorithms: ['ES256'], issuer: ORIGIN, audience: `${ORIGIN}/v1/results`, complete: true };

export const handler = async ({ token }) => {
  try {
    const { header, payload } = jsonwebtoken.verify(token, key, options);
    if (header.typ !== 'callback+jwt') throw new Error('typ');
    return { statusCode: 200, body: payload.jti };
  } catch (error) {
    return { statusCode: 401, body: error.name };
  }
};

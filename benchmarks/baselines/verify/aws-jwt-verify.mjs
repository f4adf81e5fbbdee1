import { JwtVerifier } from 'aws-jwt-verify';

const { JWKS, JWKS_URI, POSTERN_ORIGIN: ORIGIN } = process.env;
const verifier = JwtVerifier.create({
  issuer: ORIGIN,
  audience: `${ORIGIN}/v1/results`,
  jwksUri: JWKS_URI,
  customJwtCheck: ({ header }) => {
    if (header.typ !== 'callback+jwt') throw new Error('typ');
  },
});
verifier.cacheJwks(JSON.parse(JWKS));

export const handler = async ({ token }) => {
  try {
    return { statusCode: 200, body: verifier.verifySync(token).jti };
  } catch (error) {
    return { statusCode: 401, body: error.name };
  }
};

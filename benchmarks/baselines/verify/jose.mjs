import { importJWK, jwtVerify } from 'jose';

const { JWKS, POSTERN_ORIGIN: ORIGIN } = process.env;
const key = importJWK(JSON.parse(JWKS).keys[0], 'ES256');
const options = {
  algorithms: ['ES256'],
  issuer: ORIGIN,
  audience: `${ORIGIN}/v1/results`,
  typ: 'callback+jwt',
};

export const handler = async ({ token }) => {
  try {
    const { payload } = await jwtVerify(token, await key, options);
    return { statusCode: 200, body: payload.jti };
  } catch (error) {
    return { statusCode: 401, body: error.code };
  }
};

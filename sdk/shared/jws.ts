import { base64url } from './base64.ts';
import type { Signer } from './private-key.ts';

/**
 * Signs claims as a compact JWS (RFC 7515 §7.1). `alg` of the header is that of the key.
 * @param header further members of the header, for example `typ` and `kid`
 */
export const signJws = async (
  signer: Pick<Signer, 'algorithm' | 'sign'>,
  header: Readonly<Record<string, unknown>>,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> => {
  const signed = `${encode({ ...header, alg: signer.algorithm })}.${encode(claims)}`;
  return `${signed}.${base64url(await signer.sign(new TextEncoder().encode(signed)))}`;
};

const encode = (value: Readonly<Record<string, unknown>>): string =>
  base64url(new TextEncoder().encode(JSON.stringify(value)));

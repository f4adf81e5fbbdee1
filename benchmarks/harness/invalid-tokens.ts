/** Replaces the signature of a token by that of another token: well formed, but invalid. */
export const withForeignSignature = (token: string, other: string): string =>
  `${token.slice(0, token.lastIndexOf('.'))}${other.slice(other.lastIndexOf('.'))}`;

/** Replaces members of a token's header. Its signature no longer matches. */
export const withHeader = (token: string, members: Readonly<Record<string, unknown>>): string => {
  const [header = '', ...rest] = token.split('.');
  const changed = { ...JSON.parse(Buffer.from(header, 'base64url').toString('utf8')), ...members };
  return [Buffer.from(JSON.stringify(changed)).toString('base64url'), ...rest].join('.');
};

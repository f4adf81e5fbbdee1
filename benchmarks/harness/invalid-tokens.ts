/** The token with the signature of another: of the right form, and good for nothing. */
export const forge = (token: string, other: string): string =>
  `${token.slice(0, token.lastIndexOf('.'))}${other.slice(other.lastIndexOf('.'))}`;

/** The token with members of its header replaced; its signature no longer fits. */
export const withHeader = (token: string, members: Readonly<Record<string, unknown>>): string => {
  const [header = '', ...rest] = token.split('.');
  const changed = { ...JSON.parse(Buffer.from(header, 'base64url').toString('utf8')), ...members };
  return [Buffer.from(JSON.stringify(changed)).toString('base64url'), ...rest].join('.');
};

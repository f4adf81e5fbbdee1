import type { JsonAnswer } from '../sign-in/fetch-json.ts';
import type { Problem } from './problem.ts';

/** Checks a set of public keys (RFC 7517 §5). */
export const checkKeys = (role: string, url: string, { json, status }: JsonAnswer): readonly Problem[] => {
  const keys: unknown = json?.keys;
  if (status !== 200 || !Array.isArray(keys)) {
    return [
      problem(`The key set ${url} of the ${role} answers ${status}${status === 200 ? ' without keys' : ''}.`, role),
    ];
  }
  if (keys.length === 0)
    return [problem(`The key set ${url} of the ${role} is empty, so nobody can check its tokens.`, role)];
  const kids = keys.map((key: unknown) => (key as { readonly kid?: unknown } | null)?.kid);
  if (kids.some((kid) => typeof kid !== 'string' || kid === '')) {
    return [problem(`A key of the key set ${url} of the ${role} has no kid.`, role)];
  }
  if (new Set(kids).size < kids.length)
    return [problem(`Two keys of the key set ${url} of the ${role} have the same kid.`, role)];
  if (keys.some((key: unknown) => typeof key === 'object' && key !== null && ('d' in key || 'k' in key))) {
    return [
      {
        check: 'jwks',
        message: `The key set ${url} of the ${role} shows a private key to everyone.`,
        remedy: 'Tell its operator at once: the key must be replaced.',
      },
    ];
  }
  return [];
};

const problem = (message: string, role: string): Problem => ({
  check: 'jwks',
  message,
  remedy:
    role === 'gateway'
      ? 'Its operator looks at the signing keys: "postern operator keys list".'
      : 'Its operator must publish the keys that sign access tokens.',
});

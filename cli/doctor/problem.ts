/** What `doctor` looks at, in its order. */
export const CHECKS = [
  'settings',
  'files',
  'dns',
  'connection',
  'tls',
  'clock',
  'health',
  'jwks',
  'discovery',
  'sign-in',
  'scopes',
] as const;

/** Something that is wrong, and what to do. No text has a secret. */
export interface Problem {
  readonly check: (typeof CHECKS)[number];
  readonly message: string;
  readonly remedy: string;
}

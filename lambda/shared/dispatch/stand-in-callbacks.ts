import type { Capability } from '../../contract/capabilities.ts';
import type { Carrier } from '../../contract/carriers.ts';
import { MAX_CALLBACK_URL_BYTES, MAX_TOKEN_CHARS } from '../../contract/limits.ts';
import type { RequestValues } from './build-request.ts';

/**
 * Returns callbacks in the place of real ones, so that opening a task can build its request without signing. They are as long as a
 * real callback can be, so that the real request is not longer.
 */
export const standInCallbacks = (capabilities: readonly Capability[], carrier: Carrier): RequestValues['callbacks'] => {
  const origin = 'https://callbacks.invalid/';
  const url = `${origin}${'x'.repeat(MAX_CALLBACK_URL_BYTES - origin.length)}`;
  const callback = carrier === 'header' ? { url, token: 'x'.repeat(MAX_TOKEN_CHARS) } : { url };
  return Object.fromEntries(capabilities.map((capability) => [capability, callback]));
};

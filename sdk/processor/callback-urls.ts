import { CAPABILITIES, CAPABILITY_NAMES, type Capability } from '../../lambda/contract/capabilities.ts';
import { isProtected } from '../shared/origin.ts';

/** One callback, as opening a task returns it. */
export interface CallbackUrl {
  readonly url: string;
  /** Absent if the URL holds the token. */
  readonly token?: string;
}

/** The object `callbacks` that opening a task returns. */
export type CallbackUrls = { readonly [C in Capability]?: CallbackUrl };

/**
 * Reads what the processor was given. A URL tells by its path which capability it has. A short URL does not tell, so it counts
 * for every capability, and the gateway decides. An empty token counts as none: a program that reads its token from a variable
 * of its environment gets an empty text where none is set.
 * @throws {TypeError} if it is neither a URL nor callbacks. The message quotes no URL and no token
 */
export const readCallbackUrls = (
  urlOrCallbacks: string | CallbackUrls,
  token: string | undefined,
): ReadonlyMap<Capability, CallbackUrl> => {
  if (typeof urlOrCallbacks === 'string') {
    const callback = checkUrl('the callback', { url: urlOrCallbacks, ...(token !== undefined && { token }) });
    const { pathname } = new URL(urlOrCallbacks);
    const own = CAPABILITY_NAMES.find((name) => pathname.startsWith(`${CAPABILITIES[name].basePath}/`));
    return new Map((own === undefined ? CAPABILITY_NAMES : [own]).map((name) => [name, callback]));
  }
  if (token) {
    throw new TypeError('The option token goes with one URL. Callbacks of a task have a token each.');
  }
  const callbacks = CAPABILITY_NAMES.flatMap((name) => {
    const callback = urlOrCallbacks?.[name];
    return callback === undefined ? [] : [[name, checkUrl(`callbacks.${name}`, callback)] as const];
  });
  if (callbacks.length === 0) {
    throw new TypeError(
      `There are no callbacks; expected a URL, or an object with ${CAPABILITY_NAMES.join(', ')}. Give the member callbacks of the answer that opened the task.`,
    );
  }
  return new Map(callbacks);
};

const checkUrl = (subject: string, { token, url }: CallbackUrl): CallbackUrl => {
  if (typeof url !== 'string' || !/^[!-~]+$/.test(url) || !URL.canParse(url) || !isProtected(new URL(url))) {
    throw new TypeError(
      `There is no URL that is safe to use for ${subject}; expected https, or http on a loopback address. Give the URL exactly as you got it.`,
    );
  }
  if (!token) return { url };
  if (typeof token === 'string' && /^[!-~]+$/.test(token)) return { url, token };
  throw new TypeError(`The token of ${subject} is not one word. Give the token alone, exactly as you got it.`);
};

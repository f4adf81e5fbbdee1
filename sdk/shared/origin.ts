const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** True if nobody else can read or change what is sent to the URL: https, or http that does not leave this machine. */
export const isProtected = ({ hostname, protocol }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));

/**
 * Reads an address that gets credentials.
 * @param name the option that has it
 * @throws {TypeError} if it is no protected URL. The message does not quote a path, query or password, which may be secret
 */
export const readAddress = (name: string, value: string): URL => {
  if (!URL.canParse(value))
    throw new TypeError(`${name} is not a URL; expected for example https://callbacks.example.com.`);
  const url = new URL(value);
  if (!isProtected(url)) {
    throw new TypeError(
      `${name} begins with ${url.protocol}//${url.hostname}; expected https, or http on a loopback address. ` +
        'Credentials are not sent in clear.',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError(`${name} has a user name or a password; expected a URL without them.`);
  }
  return url;
};

/**
 * Reads an origin.
 * @throws {TypeError} if it is no protected origin
 */
export const readOrigin = (name: string, value: string): string => {
  const { hash, origin, pathname, search } = readAddress(name, value);
  if (pathname !== '/' || search !== '' || hash !== '') {
    throw new TypeError(`${name} has more than scheme, host and port; expected for example ${origin}.`);
  }
  return origin;
};

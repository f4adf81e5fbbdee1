import { LOCAL_PROCESSOR_ORIGIN } from '../lib/config/local-settings.ts';

/**
 * Origin of the processor on this machine that Postern sends work to: `POSTERN_PROCESSOR_ORIGIN`. Port 0 is a free one, for the
 * example processor.
 * @throws {Error} if it is not an address of this machine
 */
export const processorOrigin = (environment: Readonly<Record<string, string | undefined>>): string => {
  const value = environment.POSTERN_PROCESSOR_ORIGIN || LOCAL_PROCESSOR_ORIGIN;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === 'http:' && url.hostname === '127.0.0.1' && url.pathname === '/' && url.search === '') {
    return url.origin;
  }
  throw new Error(
    `POSTERN_PROCESSOR_ORIGIN is "${value}"; expected http://127.0.0.1 and a port. Write for instance ${LOCAL_PROCESSOR_ORIGIN}.`,
  );
};

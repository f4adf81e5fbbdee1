type Library = typeof import('oidc-provider');

/** Warnings of the library that do not apply to a provider for development on one machine. */
const EXPECTED = /Unsupported runtime|development-only in-memory adapter/;

/**
 * Runs code of the library without the warnings that are expected here; every other one is let through.
 * The library has no setting for them.
 */
export const quietly = <T>(run: () => T): T => {
  const warn = console.warn;
  console.warn = (...words: unknown[]) => {
    if (!EXPECTED.test(String(words[0]))) warn(...words);
  };
  const restore = () => {
    console.warn = warn;
  };
  try {
    const result = run();
    if (result instanceof Promise) return result.finally(restore) as T;
    restore();
    return result;
  } catch (error) {
    restore();
    throw error;
  }
};

export const importProvider = (): Promise<Library> => quietly(() => import('oidc-provider'));

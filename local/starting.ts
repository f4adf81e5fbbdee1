/**
 * Waits for all, also when one fails: what the others started must be known before it can be ended.
 * @param failed called as soon as one has failed
 */
export const together = async <T extends readonly unknown[]>(
  failed: () => void,
  ...work: { [K in keyof T]: Promise<T[K]> }
): Promise<T> => {
  const reasons: unknown[] = [];
  const results = await Promise.all(
    work.map((each) =>
      each.catch((reason: unknown) => {
        reasons.push(reason);
        failed();
      }),
    ),
  );
  if (reasons.length > 0) throw reasons[0];
  return results as unknown as T;
};

export const bound = async <T>(
  what: string,
  variable: string,
  port: number,
  bind: (port: number) => Promise<T>,
): Promise<T> => {
  try {
    return await bind(port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    const reason = code === 'EADDRINUSE' ? 'is taken' : 'may not be used';
    throw new Error(
      `Port ${port}, for the ${what}, ${reason}: stop what uses it, or name another port in ${variable} (0: a free one).`,
    );
  }
};

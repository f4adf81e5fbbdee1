import { aDispatching, type DispatchingOptions, startJobServer } from './dispatching.ts';
import { test as onEngine } from './fixtures.ts';

export type Dispatching = ReturnType<typeof aDispatching>;

/** Settings of the function and of the processor that a test may choose. */
export type DispatchingChoices = Partial<Omit<DispatchingOptions, 'store' | 'key' | 'origin'>>;

/** Tests with the server of a processor, and the function `dispatch` that sends work to it. */
export const test = onEngine
  .extend('server', async ({}, { onCleanup }) => {
    const server = await startJobServer();
    onCleanup(() => server.close());
    return server;
  })
  .extend(
    'dispatching',
    ({ key, server, store }) =>
      (options: DispatchingChoices = {}) =>
        aDispatching({ store, key, origin: server.origin, ...options }),
  );

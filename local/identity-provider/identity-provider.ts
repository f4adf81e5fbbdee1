import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { type ConfigurationOptions, createConfiguration } from './configuration.ts';
import { importProvider, quietly } from './import-quietly.ts';
import { handleSignIn, SIGN_IN_PATH } from './sign-in-page.ts';

const HOST = '127.0.0.1';

export interface IdentityProvider {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly issuer: string;
  readonly tokenEndpoint: string;
  /** Serves from now on; until then every request gets 503. */
  serve(options: ServeOptions): Promise<void>;
  stop(): Promise<void>;
}

export type ServeOptions = Omit<ConfigurationOptions, 'errors'>;

/**
 * Binds the port of the local OpenID provider, before anything else is known.
 * @param port 0 for a free one
 * @throws {NodeJS.ErrnoException} `EADDRINUSE` if it is taken
 */
export const bindIdentityProvider = async (port: number): Promise<IdentityProvider> => {
  let handler = (_: IncomingMessage, outgoing: ServerResponse): void => {
    outgoing.writeHead(503, { 'retry-after': '1' }).end();
  };
  const server = createServer((incoming, outgoing) => handler(incoming, outgoing));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The OpenID provider has no port.');
  const issuer = `http://${HOST}:${address.port}`;
  return {
    port: address.port,
    issuer,
    tokenEndpoint: `${issuer}/token`,
    serve: async (options) => {
      const { Provider, errors } = await importProvider();
      const configuration = createConfiguration({ ...options, errors });
      const provider = quietly(() => new Provider(issuer, configuration));
      provider.on('server_error', (_ctx, error) => {
        console.error(`The local OpenID provider failed: ${error.message}`);
      });
      const serveProvider = provider.callback();
      handler = (incoming, outgoing) => {
        if (incoming.url?.startsWith(SIGN_IN_PATH)) void handleSignIn(provider, incoming, outgoing);
        else void serveProvider(incoming, outgoing);
      };
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

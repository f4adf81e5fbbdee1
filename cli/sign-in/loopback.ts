import { createServer, type Server, type ServerResponse } from 'node:http';
import { COMMAND_LINE } from '../../lambda/contract/sdk-limits.ts';
import { untilAborted } from '../../sdk/shared/platform.ts';
import { CommandError } from '../command-error.ts';

const PATH = '/callback';

export interface CodeListener extends AsyncDisposable {
  readonly redirectUri: string;
  /**
   * Parameters of the provider's answer.
   * @throws {CommandError} `unavailable`, if none comes in time
   */
  readonly answer: (signal: AbortSignal) => Promise<URLSearchParams>;
}

interface ListenerOptions {
  /** @default 0, a free port */
  readonly port?: number | undefined;
  /** Seconds that the person has. */
  readonly seconds?: number;
}

/**
 * Listens on 127.0.0.1 for the browser that comes back from the provider (RFC 8252 §7.3). Other machines cannot reach it, and a
 * request with another `state` is refused.
 * @throws {CommandError} `failed`, if another program has the port
 */
export const listenForCode = async (
  state: string,
  { port: wanted = 0, seconds = COMMAND_LINE.signInSeconds }: ListenerOptions = {},
): Promise<CodeListener> => {
  let settle: (answer: URLSearchParams) => void = () => {};
  const answered = new Promise<URLSearchParams>((resolve) => {
    settle = resolve;
  });
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (request.method !== 'GET' || url.pathname !== PATH) return sendPage(response, 404, 'There is nothing here.');
    if (url.searchParams.get('state') !== state) {
      return sendPage(response, 400, 'This answer belongs to another sign-in. Start again in the terminal.');
    }
    const isSignedIn = url.searchParams.has('code');
    const text = isSignedIn ? 'You may close this page and go back to the terminal.' : 'Nobody signed in.';
    // The command ends after the page is sent.
    response.once('finish', () => settle(url.searchParams));
    sendPage(response, 200, text);
  });
  const port = await listen(server, wanted);
  return {
    redirectUri: `http://127.0.0.1:${port}${PATH}`,
    answer: async (signal) => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          reject(new CommandError('unavailable', `Nobody signed in within ${seconds} seconds.`, 'Start again.'));
        }, seconds * 1_000);
      });
      try {
        return await untilAborted(Promise.race([answered, late]), signal);
      } finally {
        clearTimeout(timer);
      }
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Browsers open connections that they do not use.
        server.closeAllConnections();
      }),
  };
};

const listen = async (server: Server, wanted: number): Promise<number> => {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE' || error.code === 'EACCES';
      const remedy = 'End that program, or register another port at the provider and name it.';
      reject(isTaken ? new CommandError('failed', `Port ${wanted} of 127.0.0.1 is not free.`, remedy) : error);
    });
    server.listen(wanted, '127.0.0.1', () => resolve());
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The listener for the browser has no port.');
  return address.port;
};

const sendPage = (response: ServerResponse, status: number, text: string): void => {
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'",
      // The address of this page has the code.
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      connection: 'close',
    })
    .end(`<!doctype html><html lang="en"><title>Postern</title><p>${text}</p></html>\n`);
};

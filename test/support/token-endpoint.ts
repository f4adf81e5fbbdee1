import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request of a client to the stand-in. */
export interface TokenRequest {
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly form: URLSearchParams;
}

/**
 * Starts a stand-in for an authorization server: the token endpoint of RFC 6749 §4.4, with clients that authenticate by HTTP Basic
 * (§2.3.1). Each token is another one. It listens on 127.0.0.1 and needs no TLS.
 */
export const startTokenEndpoint = async (clients: ReadonlyMap<string, string>) => {
  const requests: TokenRequest[] = [];
  let answer: ((response: ServerResponse) => void) | undefined;
  let lifetime: unknown = 3_600;
  let issued = 0;
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const form = new URLSearchParams(text);
    const { authorization, 'content-type': contentType } = request.headers;
    requests.push({ authorization, contentType, form });
    if (answer !== undefined) return answer(response);
    const reply = (status: number, body: object) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
        .end(JSON.stringify(body));
    const isPost = request.method === 'POST' && contentType === 'application/x-www-form-urlencoded';
    if (!isPost || form.get('grant_type') !== 'client_credentials')
      return reply(400, { error: 'unsupported_grant_type' });
    const [id = '', secret = ''] = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64')
      .toString()
      .split(':')
      .map((part) => new URLSearchParams(`text=${part}`).get('text') ?? '');
    if (secret === '' || clients.get(id) !== secret) return reply(401, { error: 'invalid_client' });
    issued += 1;
    reply(200, { access_token: `token-${issued}`, token_type: 'Bearer', expires_in: lifetime });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/oauth/token`,
    requests,
    /** Sets the lifetime of the next tokens, as `expires_in` has it. Undefined: the answer has none. */
    liveFor: (expiresIn: unknown) => {
      lifetime = expiresIn;
    },
    /** Answers all requests in another way. @param next undefined: as the RFC says */
    answerWith: (next: ((response: ServerResponse) => void) | undefined) => {
      answer = next;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

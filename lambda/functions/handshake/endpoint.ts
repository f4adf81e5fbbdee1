import { MAX_HANDSHAKE_BODY_BYTES, MAX_HANDSHAKE_URL_CHARS } from '../../contract/proof-limits.ts';
import { readWebhookAuthorization } from '../../shared/access-token/webhook-authorization.ts';
import { readJsonBody } from '../../shared/http/json-body.ts';
import { type HttpRequest, type HttpResponse, jsonResponse, responseHeaders } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import type { OwnCalls } from './own-calls.ts';
import type { VerifyCaller } from './verify-caller.ts';

export interface HandshakeEndpointOptions {
  readonly origin: string;
  readonly ownCalls: Pick<OwnCalls, 'confirm'>;
  readonly verifyCaller: VerifyCaller;
  /** Registered addresses of every processor with proof `webhook`. */
  readonly origins: readonly string[];
}

/** The protocol defines these responses. They are not problem documents. */
const allowed = (request: HttpRequest): HandlerResult => ({
  response: jsonResponse(200, { allowed: true }, request.requestId),
});

/** @param challenge true if the caller had to authenticate (RFC 9110 §11.6.1) */
const notAllowed = ({ requestId }: HttpRequest, reason: string, challenge: boolean): HandlerResult => ({
  response: jsonResponse(401, { allowed: false }, requestId, challenge ? { 'WWW-Authenticate': 'Webhook' } : {}),
  fields: { reason },
});

/** HTTP routes of both sides of the handshake. */
export const createHandshakeEndpoint = (options: HandshakeEndpointOptions) => {
  const { origin, origins, ownCalls, verifyCaller } = options;

  const prove = async (request: HttpRequest): Promise<HandlerResult | Refusal> => {
    const authorization = readWebhookAuthorization(request.header('Authorization'));
    if (isRefusal(authorization)) {
      const { code, reason } = authorization;
      if (code === 'proof_missing') return notAllowed(request, reason, true);
      const errors = [{ header: 'Authorization', detail: 'is not Webhook, a URL and a bcrypt hash of cost 4 to 12' }];
      return refuse('request_invalid', reason, { errors });
    }
    const verdict = await orUnavailable(
      'lookups table',
      verifyCaller({ ...authorization, receiverUrl: origin + request.path }, origins),
    );
    return verdict.allowed ? allowed(request) : notAllowed(request, verdict.reason, true);
  };

  const confirm = async (request: HttpRequest): Promise<HandlerResult | Refusal> => {
    const body = readJsonBody(request, MAX_HANDSHAKE_BODY_BYTES);
    if (isRefusal(body)) return body;
    const { hash, url } = (body.value ?? {}) as { readonly hash?: unknown; readonly url?: unknown };
    if (typeof hash !== 'string' || typeof url !== 'string' || url.length > MAX_HANDSHAKE_URL_CHARS) {
      const errors = [{ pointer: '', detail: 'is not an object with the texts hash and url' }];
      return refuse('request_invalid', 'neither hash nor url', { errors });
    }
    const secret = await orUnavailable('lookups table', ownCalls.confirm(hash, url));
    return secret === undefined
      ? notAllowed(request, 'not a call of ours, or used, or sent elsewhere', false)
      : { response: textResponse(secret, request) };
  };

  return (request: HttpRequest, match: Match): Promise<HandlerResult | Refusal> =>
    match.name === 'confirmHandshake' ? confirm(request) : prove(request);
};

/** The protocol requires the secret as plain text. */
const textResponse = (text: string, { requestId }: HttpRequest): HttpResponse => ({
  status: 200,
  headers: { ...responseHeaders(requestId), 'Content-Type': 'text/plain; charset=utf-8' },
  body: text,
});

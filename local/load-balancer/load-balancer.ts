import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OidcAuthenticator } from './authenticate-oidc.ts';
import { CALLBACK_PATH } from './authenticate-oidc.ts';
import type { FixedResponse } from './fixed-response.ts';
import { errorResponse, redirectResponse } from './fixed-response.ts';
import type { JwtValidator } from './jwt-validation.ts';
import { toLambdaEvent } from './lambda-event.ts';
import type { HttpAnswer } from './lambda-result.ts';
import { fromLambdaResult } from './lambda-result.ts';
import type { Listener, OidcConfig } from './listener.ts';
import { readBody } from './read-body.ts';
import type { ReceivedRequest } from './request.ts';
import { headerValues, readRequest } from './request.ts';
import { actionsFor } from './rule-matching.ts';

const SERVER_HEADER = 'awselb/2.0';

export interface LoadBalancerOptions {
  readonly listener: Listener;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly validateJwt: JwtValidator;
  readonly oidc: OidcAuthenticator;
  /** Runs the function of a target group; rejects if the function failed. */
  readonly invoke: (targetGroupArn: string, event: unknown) => Promise<unknown>;
}

export type RequestHandler = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

/** Answers requests as an Application Load Balancer with this listener would. */
export const createLoadBalancer = (options: LoadBalancerOptions): RequestHandler => {
  const { listener, origin, validateJwt, oidc, invoke } = options;
  const oidcConfigs = oidcConfigsOf(listener);
  const { hostname, port } = new URL(origin);

  const forward = async (
    targetGroupArn: string,
    request: ReceivedRequest,
    incoming: IncomingMessage,
    addedHeaders: Readonly<Record<string, string>>,
  ): Promise<HttpAnswer | FixedResponse> => {
    const body = await readBody(incoming);
    if (body === 'too-large') return errorResponse(413);
    const event = toLambdaEvent(request, body, {
      targetGroupArn,
      port: Number(port),
      traceId: traceId(request),
      addedHeaders,
    });
    try {
      return fromLambdaResult(await invoke(targetGroupArn, event)) ?? errorResponse(502);
    } catch {
      return errorResponse(502);
    }
  };

  const answer = async (request: ReceivedRequest, incoming: IncomingMessage): Promise<HttpAnswer | FixedResponse> => {
    if (request.host === 'localhost') {
      return redirectResponse(307, `${origin}${request.target}`);
    }
    if (oidcConfigs.length > 0 && request.path === CALLBACK_PATH && request.host === hostname) {
      return await oidc.complete(request, oidcConfigs);
    }
    let addedHeaders: Readonly<Record<string, string>> = {};
    for (const action of actionsFor(listener, request)) {
      switch (action.Type) {
        case 'fixed-response': {
          const { StatusCode, ContentType, MessageBody } = action.FixedResponseConfig;
          return { status: StatusCode, headers: { 'content-type': ContentType }, body: MessageBody };
        }
        case 'jwt-validation': {
          const verdict = await validateJwt(request, action.JwtValidationConfig);
          if (verdict !== 'valid') return errorResponse(verdict === 'invalid' ? 401 : 500);
          break;
        }
        case 'authenticate-oidc': {
          const authentication = oidc.authenticate(request, action.AuthenticateOidcConfig);
          if ('answer' in authentication) return authentication.answer;
          addedHeaders = authentication.headers;
          break;
        }
        case 'forward':
          return await forward(action.targetGroups[0] as string, request, incoming, addedHeaders);
      }
    }
    return errorResponse(503);
  };

  const send = (outgoing: ServerResponse, { status, headers, body }: HttpAnswer | FixedResponse): void => {
    for (const [name, value] of Object.entries(headers)) {
      outgoing.setHeader(name, typeof value === 'string' || value.length !== 1 ? value : (value[0] as string));
    }
    if (listener.serverHeader) outgoing.setHeader('server', SERVER_HEADER);
    if (status !== 204 && status !== 304) outgoing.setHeader('content-length', Buffer.byteLength(body));
    outgoing.writeHead(status);
    outgoing.end(body);
  };

  return async (incoming, outgoing) => {
    const request = readRequest(incoming);
    if (typeof request === 'number') {
      // The end of an unreadable request is unknown, so the connection cannot be used again.
      outgoing.shouldKeepAlive = false;
      send(outgoing, errorResponse(request));
      return;
    }
    try {
      send(outgoing, await answer(request, incoming));
    } catch {
      // The client has gone in the middle of its request.
      outgoing.destroy();
    }
  };
};

const oidcConfigsOf = (listener: Listener): readonly OidcConfig[] =>
  [...listener.rules.flatMap(({ actions }) => actions), ...listener.defaultActions].flatMap((action) =>
    action.Type === 'authenticate-oidc' ? [action.AuthenticateOidcConfig] : [],
  );

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html */
const traceId = (request: ReceivedRequest): string => {
  const own = `1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')}`;
  const sent = headerValues(request, 'x-amzn-trace-id')[0];
  return sent?.includes('Root=') ? `Self=${own};${sent}` : `Root=${own}`;
};

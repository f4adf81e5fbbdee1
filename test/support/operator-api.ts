import { randomUUID } from 'node:crypto';
import { USERINFO_ROLES } from '../../lambda/contract/operator-roles.ts';
import {
  createOperatorApiEndpoint,
  type OperatorApiEndpointOptions,
} from '../../lambda/functions/operator-api/endpoint.ts';
import type { AccessTokenVerifier } from '../../lambda/shared/access-token/access-token.ts';
import { countRequests } from '../../lambda/shared/aws/dynamodb-sdk.ts';
import { serve } from '../../lambda/shared/http/serve.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import { measureAction } from '../../lambda/shared/operator/answer-action.ts';
import { anAlbEvent, type EventOverrides } from './alb-event.ts';
import { type Delivered, read } from './delivered.ts';
import type { TestIdentityProvider } from './identity-provider.ts';
import { type OperatorServicesFixtureOptions, operatorServicesOf } from './operator-services.ts';
import { patiently } from './patience.ts';
import type { SenderWorld } from './sender-world.ts';
import { NOW, ORIGIN } from './tokens.ts';

/** The operator API as its handler composes it, with a clock that stands still. */
export interface OperatorApiFixture {
  /** Sends a request with an access token; the headers may say otherwise. */
  send(accessToken: string, event: EventOverrides): Promise<Delivered>;
  /** Every line written so far. */
  readonly lines: Record<string, unknown>[];
  /** Sets the clock, in milliseconds since 1970. */
  at(milliseconds: number): void;
}

export interface OperatorApiFixtureOptions
  extends OperatorServicesFixtureOptions,
    Partial<Pick<OperatorApiEndpointOptions, 'roles'>> {
  readonly verifier: Pick<AccessTokenVerifier, 'authenticate'>;
}

export const anOperatorApi = (options: OperatorApiFixtureOptions): OperatorApiFixture => {
  let milliseconds = NOW * 1000;
  const lines: Record<string, unknown>[] = [];
  const handler = serve({
    owner: 'operator-api',
    origin: ORIGIN,
    logger: createLogger('test', 'operator-api', (line) => lines.push(JSON.parse(line))),
    handle: createOperatorApiEndpoint({
      verifier: options.verifier,
      roles: options.roles ?? USERINFO_ROLES,
      ...operatorServicesOf(options, () => milliseconds),
    }),
    measure: measureAction,
  });
  return {
    lines,
    at: (next) => {
      milliseconds = next;
    },
    send: async (accessToken, { headers, ...event }) =>
      read(
        await handler(anAlbEvent({ ...event, headers: { authorization: `Bearer ${accessToken}`, ...headers } }), {
          awsRequestId: randomUUID(),
        }),
      ),
  };
};

/** Access tokens of operators, by what they may do. */
export const operatorTokens = async (idp: TestIdentityProvider) => {
  const tokenOf = (sub: string, roles: readonly string[], scope = 'operator_read operator_write') =>
    idp.accessToken({ sub, client_id: 'console', jti: sub, roles, scope });
  return {
    acting: await tokenOf('ada', ['operator']),
    reading: await tokenOf('rita', ['operator_read']),
    payloadOnly: await tokenOf('pia', ['operator_payload']),
    nobody: await tokenOf('nobody', []),
    readScope: await tokenOf('ada', ['operator'], 'operator_read'),
    writeScope: await tokenOf('ada', ['operator'], 'operator_write'),
  };
};

/** The operator API on the tables of a sender's world. */
export const operatorApiOf = (world: SenderWorld, more: Partial<OperatorApiFixtureOptions> = {}): OperatorApiFixture =>
  anOperatorApi({
    store: world.store,
    verifier: world.idp.verifier(),
    dynamodb: countRequests(world.store.connect(patiently({ endpoint: world.dynamodb.endpoint, maxAttempts: 4 }))),
    ...more,
  });

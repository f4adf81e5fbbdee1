import type { Application } from '../../contract/applications.ts';
import { SENDER_ROLE } from '../../contract/claims.ts';
import type { HttpRequest } from '../http/message.ts';
import type { Match } from '../http/router.ts';
import type { Fields } from '../log/logger.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { AccessTokenVerifier, Client } from './access-token.ts';
import type { FindApplication } from './applications.ts';
import { readQuery } from './query.ts';

/** A client of the sender API, and the application that it acts for. */
export interface Sender extends Client {
  readonly application: Application;
}

export interface AdmitSenderOptions {
  readonly verifier: Pick<AccessTokenVerifier, 'verify'>;
  readonly findApplication: FindApplication;
}

/**
 * Checks the access token of a request to the sender API, with the scope of the route, and finds the application of its
 * client. Nothing else in the request decides the application. Refuses query parameters on a route without parameters. The
 * access token is never read from the query (RFC 6750 §5.3).
 * @param hasQuery true if the route reads its query itself
 */
export const admitSender = async (
  request: HttpRequest,
  { route }: Match,
  { findApplication, verifier }: AdmitSenderOptions,
  hasQuery = false,
): Promise<Sender | Refusal> => {
  if (route.access.kind !== 'sender') throw new Error(`${route.path} is not a route of the sender API.`);
  const { scope } = route.access;
  const client = await verifier.verify(request.header('authorization'), { scope, role: SENDER_ROLE });
  if (isRefusal(client)) return client;
  const { clientId } = client;
  const application = findApplication(clientId);
  if (application === undefined) {
    return { ...refuse('application_unknown', 'the client belongs to no application'), fields: { client: clientId } };
  }
  const sender: Sender = { clientId, application };
  if (hasQuery) return sender;
  const { errors } = readQuery(request, [], false);
  if (errors.length === 0) return sender;
  const refusal = refuse('request_invalid', 'unknown query parameter', { errors });
  return { ...refusal, fields: senderFields(sender) };
};

/** Fields of the log line that name the sender. */
export const senderFields = ({ application, clientId }: Sender): Fields => ({
  client: clientId,
  application: application.id,
});

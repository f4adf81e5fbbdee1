import { type AuthenticatedCallback, createJsonReader } from '../../lambda/functions/receive/authenticated-callback.ts';
import { readMediaType } from '../../lambda/functions/receive/checks/media-type.ts';
import { fromAlbEvent } from '../../lambda/shared/http/alb.ts';
import { anAlbEvent, type EventOverrides } from './alb-event.ts';
import { aProcessor } from './registry.ts';
import { claimsOf, NOW } from './tokens.ts';

/** A callback that has passed steps 1 to 6, for unit tests of the later steps. */
export const anAuthenticatedCallback = ({
  event = {},
  ...overrides
}: Partial<AuthenticatedCallback> & { readonly event?: EventOverrides } = {}): AuthenticatedCallback => {
  const { capability = 'result', taskId = 'task-1' } = overrides;
  const request = fromAlbEvent(
    anAlbEvent({ body: '{}', ...event, headers: { 'content-type': 'application/json', ...event.headers } }),
    'request-1',
  );
  const mediaType = readMediaType(request.header('Content-Type'));
  if (mediaType === undefined) throw new Error('The event has no valid Content-Type.');
  return {
    request,
    token: { value: 'a.b.c', carrier: 'path', fromCallbackTokenHeader: false },
    capability,
    taskId,
    claims: claimsOf({}, capability, taskId),
    expired: false,
    processor: aProcessor({ id: 'acme-ocr' }),
    mediaType,
    json: createJsonReader(request),
    now: NOW,
    receivedAt: new Date(NOW * 1000).toISOString(),
    ...overrides,
  };
};

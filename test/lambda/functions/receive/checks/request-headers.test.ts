import { describe, expect, test } from 'vitest';
import type { Capability } from '../../../../../lambda/contract/capabilities.ts';
import {
  createContentTypeCheck,
  readRequestHeaders,
} from '../../../../../lambda/functions/receive/checks/request-headers.ts';
import { fromAlbEvent } from '../../../../../lambda/shared/http/alb.ts';
import { isRefusal } from '../../../../../lambda/shared/refusal.ts';
import { anAlbEvent, type EventOverrides } from '../../../../support/alb-event.ts';
import { aProcessor, registryOf } from '../../../../support/registry.ts';

const requestOf = (headers: EventOverrides['headers'] = {}, body: string | Uint8Array = 'x') =>
  fromAlbEvent(anAlbEvent({ headers: { 'content-type': 'text/plain', ...headers }, body }), 'request-1');

const read = (headers: EventOverrides['headers'] = {}) => readRequestHeaders(requestOf(headers));

describe('H3 the body of a callback', () => {
  test.each([undefined, 'identity', 'IDENTITY', ' identity ', '', ['identity', 'identity']])(
    'may have the content encoding %j',
    (encoding) => {
      expect(read({ 'content-encoding': encoding })).toMatchObject({ essence: 'text/plain' });
    },
  );

  test.each(['gzip', 'identity, gzip', 'xidentity', 'identityx', ['identity', 'br'], ['br', 'identity']])(
    'may not have the content encoding %j',
    (encoding) => {
      expect(read({ 'content-encoding': encoding })).toEqual({
        kind: 'refusal',
        code: 'content_type_refused',
        reason: 'a content encoding other than identity',
        detail: 'Content-Encoding is not accepted: send the bytes as they are.',
      });
    },
  );

  test('has one media type', () => {
    expect(read({ 'content-type': ['text/plain', 'text/plain'] })).toEqual({
      kind: 'refusal',
      code: 'content_type_refused',
      reason: 'not one media type',
      detail: 'Content-Type is not one media type.',
    });
  });

  test('has at most 1,048,576 bytes, and the log line says how many it has', () => {
    expect(isRefusal(readRequestHeaders(requestOf({}, new Uint8Array(1_048_576))))).toBe(false);
    expect(readRequestHeaders(requestOf({}, new Uint8Array(1_048_577)))).toEqual({
      kind: 'refusal',
      code: 'payload_too_large',
      reason: '1048577 bytes',
    });
  });
});

describe('H3 the content type of a callback', () => {
  const check = createContentTypeCheck(
    registryOf(
      aProcessor({ id: 'one', contentTypes: ['text/plain'] }),
      aProcessor({ id: 'two', contentTypes: ['application/pdf'] }),
    ),
  );
  const checkType = (type: string | undefined, capability: Capability | undefined) => {
    const request = requestOf({ 'content-type': type });
    const mediaType = readRequestHeaders(request);
    return isRefusal(mediaType) ? mediaType : check(request, mediaType, capability);
  };

  test.each<[string, Capability | undefined]>([
    ['text/plain', 'result'],
    ['application/pdf', 'failure'],
    ['application/json', 'progress'],
    ['application/json', 'upload'],
    ['application/json', undefined],
    ['text/plain', undefined],
    ['application/pdf', undefined],
  ])('may be %s for the capability %s', (type, capability) => {
    expect(checkType(type, capability)).toBeUndefined();
  });

  const REASON = 'no processor of the environment sends this content type here';
  test.each<[string | undefined, Capability | undefined, string]>([
    ['application/json', 'result', 'Content-Type is not one that callbacks are sent as here.'],
    ['text/html', undefined, 'Content-Type is not one that callbacks are sent as here.'],
    [undefined, 'failure', 'Content-Type did not come, and is not one that callbacks are sent as here.'],
    ['text/plain', 'progress', 'Content-Type is not application/json, which this route takes.'],
    [undefined, 'upload', 'Content-Type did not come, and is not application/json, which this route takes.'],
  ])('may not be %s for the capability %s', (type, capability, detail) => {
    expect(checkType(type, capability)).toEqual({
      kind: 'refusal',
      code: 'content_type_refused',
      reason: REASON,
      detail,
    });
  });
});

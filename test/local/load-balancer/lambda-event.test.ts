import { expect, test } from 'vitest';
import { isAlbEvent } from '../../../lambda/shared/http/alb.ts';
import { toLambdaEvent } from '../../../local/load-balancer/lambda-event.ts';
import { fromLambdaResult } from '../../../local/load-balancer/lambda-result.ts';
import { aRequest } from './requests.ts';

const OPTIONS = { targetGroupArn: 'arn:group', port: 8080, traceId: 'Root=1-a-b', addedHeaders: {} };
const eventOf = (
  request: Parameters<typeof aRequest>[0] = {},
  body: string | Buffer = '',
  addedHeaders: Record<string, string> = {},
) => toLambdaEvent(aRequest(request), Buffer.from(body as string), { ...OPTIONS, addedHeaders });

test('an event is one that the functions know', () => {
  expect(isAlbEvent(eventOf())).toBe(true);
});

test('path and query go as sent, repeated names kept', () => {
  const event = eventOf({ target: '/a%2Fb//c?x=1&x=%20&y&&z==' });
  expect(event.path).toBe('/a%2Fb//c');
  expect(event.multiValueQueryStringParameters).toEqual({ x: ['1', '%20'], y: [''], z: ['='] });
});

test('every line of a header is a value of its own, the name in lower case', () => {
  const event = eventOf({
    headers: [
      ['authorization', 'a'],
      ['authorization', 'b'],
    ],
  });
  expect(event.multiValueHeaders.authorization).toEqual(['a', 'b']);
});

test.each([
  ['text/plain', 'héllo', false],
  ['text/csv; charset=utf-8', 'a,b', false],
  ['application/json', '{}', false],
  ['application/json;charset=utf-8', '{}', false],
  ['application/xml', '<a/>', false],
  ['application/javascript', '1', false],
  ['application/jsonx', '{}', true],
  ['application/problem+json', '{}', true],
  ['application/pdf', '%PDF', true],
])('a body of %s goes as text or as base64, as AWS does it', (type, body, isBase64Encoded) => {
  const event = eventOf({ headers: [['content-type', type]] }, body);
  expect(event.isBase64Encoded).toBe(isBase64Encoded);
  expect(Buffer.from(event.body, isBase64Encoded ? 'base64' : 'utf8').toString()).toBe(body);
});

test('sends a body as base64 without a type, with a content encoding, or if it is not text', () => {
  expect(eventOf({}, 'x').isBase64Encoded).toBe(true);
  const encoded = [
    ['content-type', 'text/plain'],
    ['content-encoding', 'gzip'],
  ] as const;
  expect(eventOf({ headers: encoded }, 'x').isBase64Encoded).toBe(true);
  const latin1 = Buffer.from([0xe9, 0x00, 0xff]);
  const event = eventOf({ headers: [['content-type', 'text/plain']] }, latin1);
  expect(Buffer.from(event.body, 'base64')).toEqual(latin1);
});

test('no body is an empty text', () => {
  expect(eventOf()).toMatchObject({ body: '', isBase64Encoded: false });
});

test('P4: headers that only the load balancer may set cannot be sent from outside', () => {
  const event = eventOf(
    {
      headers: [
        ['x-amzn-oidc-data', 'forged'],
        ['x-amzn-oidc-identity', 'forged'],
        ['x-amzn-oidc-accesstoken', 'forged'],
        ['x-forwarded-proto', 'forged'],
        ['x-forwarded-port', 'forged'],
        ['x-forwarded-for', '6.6.6.6'],
        ['x-forwarded-for', '7.7.7.7'],
      ],
    },
    '',
    { 'x-amzn-oidc-identity': 'operator' },
  );
  expect(event.multiValueHeaders).toEqual({
    'x-forwarded-for': ['6.6.6.6, 7.7.7.7, 127.0.0.1'],
    'x-forwarded-proto': ['http'],
    'x-forwarded-port': ['8080'],
    'x-amzn-trace-id': ['Root=1-a-b'],
    'x-amzn-oidc-identity': ['operator'],
  });
});

test('a result is turned into an answer, text or bytes', () => {
  expect(fromLambdaResult({ statusCode: 200, multiValueHeaders: { A: ['1', '2'] }, body: 'hé' })).toEqual({
    status: 200,
    headers: { A: ['1', '2'] },
    body: Buffer.from('hé'),
  });
  expect(fromLambdaResult({ statusCode: 200, body: 'AP8=', isBase64Encoded: true })?.body).toEqual(
    Buffer.from([0x00, 0xff]),
  );
});

test.each([
  ['nothing', null],
  ['no status', { body: '' }],
  ['a status that is text', { statusCode: '200' }],
  ['an impossible status', { statusCode: 99 }],
  ['a body that is no text', { statusCode: 200, body: { a: 1 } }],
  ['headers that are no lists', { statusCode: 200, multiValueHeaders: { a: 'b' } }],
  ['more than 1 MB', { statusCode: 200, body: 'x'.repeat(1_048_576) }],
])('a result with %s is none', (_, result) => {
  expect(fromLambdaResult(result)).toBeUndefined();
});

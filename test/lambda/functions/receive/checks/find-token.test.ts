import { expect, test } from 'vitest';
import { describeAuthorization, findToken } from '../../../../../lambda/functions/receive/checks/find-token.ts';
import { fromAlbEvent } from '../../../../../lambda/shared/http/alb.ts';
import { isRefusal } from '../../../../../lambda/shared/refusal.ts';
import { anAlbEvent, type EventOverrides } from '../../../../support/alb-event.ts';

const find = (headers: EventOverrides['headers'] = {}, token?: string) => {
  const found = findToken(fromAlbEvent(anAlbEvent({ headers }), 'request-1'), token === undefined ? {} : { token });
  return isRefusal(found) ? found.code : found;
};

test('P1 finds the token in its one place', () => {
  expect(find({}, 'a.b.c')).toEqual({ value: 'a.b.c', carrier: 'path', fromCallbackTokenHeader: false });
  expect(find({ authorization: 'Bearer a.b.c' })).toMatchObject({
    value: 'a.b.c',
    carrier: 'header',
    scheme: 'bearer',
  });
  expect(find({ Authorization: 'DPOP a.b.c' })).toMatchObject({ value: 'a.b.c', scheme: 'dpop' });
  expect(find({ 'callback-token': ' a.b.c ' })).toMatchObject({ value: 'a.b.c', fromCallbackTokenHeader: true });
});

test('reads the callback token from Callback-Token if Authorization is there too', () => {
  expect(find({ authorization: 'Bearer x.y.z', 'callback-token': 'a.b.c' })).toMatchObject({
    value: 'a.b.c',
    fromCallbackTokenHeader: true,
    scheme: 'bearer',
  });
});

test.each([
  ['two Authorization lines', { authorization: ['Bearer a.b.c', 'Basic eDp5'] }],
  ['the same Authorization twice', { authorization: ['Bearer a.b.c', 'Bearer a.b.c'] }],
  ['two spellings of one header', { Authorization: 'Bearer a.b.c', authorization: 'Bearer a.b.c' }],
  ['two Callback-Token', { 'callback-token': ['a.b.c', 'a.b.c'] }],
  ['two values in Authorization', { authorization: 'Bearer a.b.c, Bearer a.b.c' }],
  ['two values in Callback-Token', { 'callback-token': 'a.b.c,a.b.c' }],
  ['a blank inside', { 'callback-token': 'a.b.c d.e.f' }],
])('P1 refuses two tokens: %s', (_name, headers) => {
  expect(find(headers)).toBe('token_ambiguous');
});

test.each([
  [{ authorization: 'Bearer a.b.c' }],
  [{ authorization: 'DPoP a.b.c' }],
  [{ 'callback-token': 'a.b.c' }],
  [{ authorization: 'Bearer' }],
  [{ authorization: 'dpop ' }],
  [{ authorization: 'Bearer\tabc' }],
  [{ 'callback-token': '' }],
  [{ authorization: ['Basic a', 'Basic b'] }],
])('P1 refuses a token in the path beside %j', (headers) => {
  expect(find(headers, 'a.b.c')).toBe('token_ambiguous');
});

test('says that the URL has a token already, and repeats none of the two', () => {
  const request = fromAlbEvent(anAlbEvent({ headers: { authorization: 'Bearer a.b.c' } }), 'request-1');
  for (const segment of [{ token: 'd.e.f' }, { code: 'abc' }]) {
    expect(findToken(request, segment)).toMatchObject({
      code: 'token_ambiguous',
      detail: 'The URL has a token already: leave out Authorization and Callback-Token.',
    });
  }
});

test.each([
  [{}],
  [{ authorization: '' }],
  [{ authorization: 'Bearer' }],
  [{ authorization: 'Bearer ' }],
  [{ authorization: 'Basic a.b.c' }],
  [{ authorization: 'Bearera.b.c' }],
  [{ authorization: 'xBearer a.b.c' }],
  [{ authorization: 'x Bearer a.b.c' }],
  [{ authorization: 'a.b.c' }],
  [{ 'callback-token': ' ' }],
  [{ 'x-callback-token': 'a.b.c' }],
])('finds no token in %j', (headers) => {
  expect(find(headers)).toBe('token_missing');
});

test.each(['Digest username="a", realm="b"', 'Bearera.b.c', 'Bearer,x', 'xBearer'])(
  'ignores Authorization %j beside a token in the path',
  (authorization) => {
    expect(find({ authorization }, 'a.b.c')).toMatchObject({ carrier: 'path' });
  },
);

test('P1 finds a short code in the path', () => {
  const request = fromAlbEvent(anAlbEvent({}), 'request-1');
  expect(findToken(request, { code: 'abc' })).toEqual({
    value: 'abc',
    carrier: 'short',
    fromCallbackTokenHeader: false,
  });
});

test('P1 a token from a header has its scheme, or none', () => {
  expect(find({ authorization: 'Bearer \t a.b.c ' })).toEqual({
    value: 'a.b.c',
    carrier: 'header',
    fromCallbackTokenHeader: false,
    scheme: 'bearer',
  });
  expect(find({ 'callback-token': 'a.b.c', authorization: 'Basic eDp5' })).toEqual({
    value: 'a.b.c',
    carrier: 'header',
    fromCallbackTokenHeader: true,
  });
});

test.each<[string, NonNullable<EventOverrides['headers']>, string | undefined, string]>([
  ['more than one Authorization', { authorization: ['a', 'b'] }, undefined, 'token_ambiguous'],
  ['more than one Callback-Token', { 'callback-token': ['a', 'b'] }, undefined, 'token_ambiguous'],
  ['two values in one header', { 'callback-token': 'a b' }, undefined, 'token_ambiguous'],
  ['two values in one header', { authorization: 'Bearer a\nb' }, undefined, 'token_ambiguous'],
  ['in the path and in a header', { 'callback-token': 'a' }, 'a.b.c', 'token_ambiguous'],
  ['no token in path or headers', {}, undefined, 'token_missing'],
])('O1 the log line says: %s', (reason, headers, token, code) => {
  const request = fromAlbEvent(anAlbEvent({ headers }), 'request-1');
  expect(findToken(request, token === undefined ? {} : { token })).toMatchObject({ kind: 'refusal', code, reason });
});

test.each([
  [[], 'did not come'],
  [[''], 'did not come'],
  [['  '], 'did not come'],
  [['Bearer'], 'came with the scheme Bearer and no token'],
  [[' BEARER '], 'came with the scheme Bearer and no token'],
  [['dpop'], 'came with the scheme DPoP and no token'],
  [['dpop x'], 'came with the scheme DPoP'],
  [['Bearer\tx'], 'came with the scheme Bearer'],
  [['basic x'], 'came with the scheme Basic'],
  [['DIGEST x'], 'came with the scheme Digest'],
  [['negotiate x'], 'came with the scheme Negotiate'],
  [['ntlm x'], 'came with the scheme NTLM'],
  [['token\tx'], 'came with the scheme Token'],
  [['apikey x'], 'came with the scheme ApiKey'],
  [['oauth x'], 'came with the scheme OAuth'],
  [['signature x'], 'came with the scheme Signature'],
  [['webhook x'], 'came with the scheme Webhook'],
  [['aws4-hmac-sha256 x'], 'came with the scheme AWS4-HMAC-SHA256'],
  [['  Basic x'], 'came with the scheme Basic'],
  [['x Basic'], 'came without a scheme that carries a callback token'],
  [['a.b.c'], 'came without a scheme that carries a callback token'],
  [['Bearer,x'], 'came without a scheme that carries a callback token'],
])('the detail for Authorization %j repeats no credential', (lines, description) => {
  expect(describeAuthorization(lines)).toBe(`Authorization ${description}`);
});

test.each<[string, NonNullable<EventOverrides['headers']>, string]>([
  [
    'no header',
    {},
    'Authorization did not come. Send `Authorization: Bearer TOKEN`, or `Callback-Token: TOKEN` where Authorization carries something else.',
  ],
  [
    'another scheme',
    { authorization: 'Basic eDp5' },
    'Authorization came with the scheme Basic. Send `Authorization: Bearer TOKEN`, or `Callback-Token: TOKEN` where Authorization carries something else.',
  ],
  ['an empty Callback-Token', { 'callback-token': '' }, 'Callback-Token came without a token.'],
])('the detail of token_missing says what to send: %s', (_name, headers, detail) => {
  const request = fromAlbEvent(anAlbEvent({ headers }), 'request-1');
  expect(findToken(request, {})).toMatchObject({ code: 'token_missing', detail });
});

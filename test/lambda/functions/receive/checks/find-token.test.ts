import { expect, test } from 'vitest';
import { findToken } from '../../../../../lambda/functions/receive/checks/find-token.ts';
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

test.each([
  [{}],
  [{ authorization: '' }],
  [{ authorization: 'Bearer' }],
  [{ authorization: 'Bearer ' }],
  [{ authorization: 'Basic a.b.c' }],
  [{ authorization: 'Bearera.b.c' }],
  [{ authorization: 'a.b.c' }],
  [{ 'callback-token': ' ' }],
  [{ 'x-callback-token': 'a.b.c' }],
])('finds no token in %j', (headers) => {
  expect(find(headers)).toBe('token_missing');
});

test('ignores another scheme beside a token in the path', () => {
  expect(find({ authorization: 'Digest username="a", realm="b"' }, 'a.b.c')).toMatchObject({ carrier: 'path' });
});

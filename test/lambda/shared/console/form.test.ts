import { describe, expect, it } from 'vitest';
import { createConsoleKey } from '../../../../lambda/shared/console/console-key.ts';
import { checkForm, type FormPurpose, makeFormToken, readForm } from '../../../../lambda/shared/console/form.ts';
import { fromAlbEvent } from '../../../../lambda/shared/http/alb.ts';
import { anAlbEvent, type EventOverrides } from '../../../support/alb-event.ts';
import { FORM_HEADERS } from '../../../support/console.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';

const KEY = createConsoleKey(Buffer.alloc(32, 7));
const PURPOSE: FormPurpose = { operator: 'operator-1', action: 'cancel', target: 'task-1', revision: 7 };

const aRequest = (body: string | Uint8Array, more: EventOverrides = {}) =>
  fromAlbEvent(anAlbEvent({ headers: FORM_HEADERS, body, ...more }), 'request-1');

const faultOf = (token: string, purpose: Partial<FormPurpose> = {}, now = NOW, more = ''): unknown =>
  checkForm(aRequest(`token=${token}${more}`), KEY, { origin: ORIGIN, purpose: { ...PURPOSE, ...purpose }, now })
    ?.fields?.fault;

describe('the fields of a form', () => {
  it('are decoded as a browser encodes them', () => {
    const form = readForm(aRequest('reason=a+b%26c%3D%C3%A9&revision=7&empty='));
    expect([...form]).toEqual([
      ['reason', 'a b&c=é'],
      ['revision', '7'],
      ['empty', ''],
    ]);
  });

  it('are the same if the load balancer sends the body in base64', () => {
    expect(readForm(aRequest(Buffer.from('reason=a'))).get('reason')).toBe('a');
  });

  it.each([
    ['twice', 'reason=a&reason=b'],
    ['three times', 'reason=a&reason=b&reason=a'],
    ['twice with the same value', 'reason=a&x=1&reason=a'],
  ])('are dropped if they come %s', (_, body) => {
    expect(readForm(aRequest(body)).has('reason')).toBe(false);
  });
});

describe('W1 the token of a form', () => {
  const token = makeFormToken(KEY, PURPOSE, NOW + 600);

  it('is good for its purpose alone', () => {
    expect(faultOf(token)).toBeUndefined();
    expect(faultOf(token, { operator: 'operator-2' })).toBe('token');
    expect(faultOf(token, { action: 'revoke' })).toBe('token');
    expect(faultOf(token, { target: 'task-2' })).toBe('token');
    expect(faultOf(token, { revision: 8 })).toBe('token');
  });

  it('is good up to its time, and then it is only too old', () => {
    expect(faultOf(token, {}, NOW + 600)).toBeUndefined();
    expect(faultOf(token, {}, NOW + 601)).toBe('time');
    expect(faultOf(token, { target: 'task-2' }, NOW + 601)).toBe('token');
  });

  it('takes a revision as a number and as the text of a field', () => {
    expect(faultOf(token, { revision: '7' })).toBeUndefined();
    expect(faultOf(token, { revision: '07' })).toBe('token');
    expect(faultOf(token, { revision: '' })).toBe('token');
  });

  it('takes the id of a plan as its revision', () => {
    const ofPlan = makeFormToken(KEY, { ...PURPOSE, revision: 'Zq3kT0aV9bXc1dYe2fWg4h' }, NOW + 600);
    expect(faultOf(ofPlan, { revision: 'Zq3kT0aV9bXc1dYe2fWg4h' })).toBeUndefined();
    expect(faultOf(ofPlan, { revision: 0 })).toBe('token');
  });

  it('does not mix up its parts', () => {
    const other = makeFormToken(KEY, { ...PURPOSE, action: 'cancel,task-1', target: '' }, NOW + 600);
    expect(faultOf(other)).toBe('token');
  });

  it('is of no use twice, or in the query', () => {
    expect(faultOf(token, {}, NOW, `&token=${token}`)).toBe('token');
    const request = aRequest('', { query: { token: [token] } });
    expect(checkForm(request, KEY, { origin: ORIGIN, purpose: PURPOSE, now: NOW })?.fields).toEqual({ fault: 'token' });
  });

  it.each([
    ['a longer time', (text: string) => text.replace(`${NOW + 600}`, `${NOW + 601}`)],
    ['a time with a zero in front', (text: string) => `0${text}`.replace(`0${NOW + 600}`, `00${NOW + 601}`)],
    ['a shorter MAC', (text: string) => text.slice(0, -1)],
    ['a MAC with padding', (text: string) => `${text}=`],
    ['no MAC', (text: string) => text.split('.')[0] ?? ''],
    ['no time', (text: string) => text.split('.')[1] ?? ''],
  ])('is refused with %s', (_, change) => {
    expect(faultOf(change(token))).toBe('token');
  });
});

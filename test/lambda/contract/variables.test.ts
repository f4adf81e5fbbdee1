import { describe, expect, test } from 'vitest';
import { INDEX_SHARDS } from '../../../lambda/contract/limits.ts';
import {
  ENVIRONMENT_VARIABLES,
  type FunctionName,
  readVariables,
  renderVariables,
} from '../../../lambda/contract/variables.ts';
import { someVariables } from '../../support/variables.ts';

const FUNCTIONS = Object.keys(ENVIRONMENT_VARIABLES) as FunctionName[];

describe.each(FUNCTIONS)('the function %s', (name) => {
  const rendered = someVariables(name);

  test('reads what was rendered', () => {
    const values = readVariables(name, { ...rendered, OTHER: 'y' });
    expect(Object.keys(values).sort()).toEqual(Object.keys(ENVIRONMENT_VARIABLES[name]).sort());
    expect(renderVariables(name, values)).toEqual(rendered);
  });

  test('does not start without one of its variables', () => {
    for (const key of Object.keys(rendered)) {
      expect(() => readVariables(name, { ...rendered, [key]: undefined })).toThrow(`${key} is missing`);
    }
  });

  test('does not start with an empty variable, unless the variable is optional', () => {
    for (const [key, { isOptional }] of Object.entries(ENVIRONMENT_VARIABLES[name])) {
      const read = () => readVariables(name, { ...rendered, [key]: '' });
      if (isOptional) expect(read()).toMatchObject({ [key]: undefined });
      else expect(read).toThrow(`${key} is ""`);
    }
  });

  test('names every variable that is missing', () => {
    for (const key of Object.keys(rendered)) expect(() => readVariables(name, {})).toThrow(key);
  });
});

test('renders the variables of the function and no others', () => {
  const values = {
    POSTERN_ENVIRONMENT: 'test',
    POSTERN_ORIGIN: 'o',
    EVENT_BUS_NAME: 'b',
    DEAD_LETTER_QUEUE_URL: 'q',
  };
  const withAnother = { ...values, OTHER: 'x' };
  expect(renderVariables('publish', withAnother)).toEqual(values);
});

test('the error says the value, what was expected and what to do', () => {
  expect(() => readVariables('tasks', { ...someVariables('tasks'), INDEX_SHARDS: 'many' })).toThrow(
    'The function "tasks" cannot start. Environment variables: INDEX_SHARDS is "many", expected a whole number from 16 ' +
      'to 256. Deploy the stack again.',
  );
});

/** Reads one variable of the function that creates tasks. */
const read = (key: keyof (typeof ENVIRONMENT_VARIABLES)['create-task'], text: string) =>
  readVariables('create-task', { ...someVariables('create-task'), [key]: text })[key];

describe('a number of seconds', () => {
  test.each(['1', '3600', '9999999999'])('may be %s', (text) => {
    expect(read('RETENTION_SECONDS', text)).toBe(Number(text));
  });

  test.each(['0', '-1', '1.5', '01', '1e3', '0x10', ' 60', 'NaN', 'Infinity', '99999999999', 'constructor'])(
    'is not %j',
    (text) => {
      expect(() => read('RETENTION_SECONDS', text)).toThrow('RETENTION_SECONDS');
    },
  );
});

describe('a number of shards', () => {
  test.each([INDEX_SHARDS.min, 17, INDEX_SHARDS.max])('may be %d', (shards) => {
    expect(read('INDEX_SHARDS', `${shards}`)).toBe(shards);
  });

  test.each([INDEX_SHARDS.min - 1, INDEX_SHARDS.max + 1, 'many', '16.5'])('is not "%s"', (text) => {
    expect(() => read('INDEX_SHARDS', `${text}`)).toThrow('INDEX_SHARDS');
  });
});

test('a limit may be 0, and no more than the contract allows', () => {
  const limitOf = (text: string) =>
    readVariables('receive', { ...someVariables('receive'), QUARANTINE_LIMIT: text }).QUARANTINE_LIMIT;
  expect(limitOf('0')).toBe(0);
  for (const text of ['-1', '21', 'NaN']) expect(() => limitOf(text)).toThrow('QUARANTINE_LIMIT');
});

describe('a flag', () => {
  test('is true or false', () => {
    expect([read('OWNER_CLAIM', 'true'), read('OWNER_CLAIM', 'false')]).toEqual([true, false]);
  });

  test.each(['on', 'off', 'TRUE', '1', 'yes', 'constructor'])('is not %j', (text) => {
    expect(() => read('OWNER_CLAIM', text)).toThrow('expected true or false');
  });
});

test.each(['once', 'ONE-TIME', 'one-time '])('C6 no function starts with ACCESS_TOKEN_USES %j', (text) => {
  expect(() => read('ACCESS_TOKEN_USES', text)).toThrow('expected many or one-time');
});

test.each(['Public', 'any'])('the handshake does not start with EGRESS %j', (EGRESS) => {
  expect(() => readVariables('handshake', { ...someVariables('handshake'), EGRESS })).toThrow(
    'expected public or loopback',
  );
});

test.each(['RFC_9068', '"text"', 'null', '{'])('a profile of access tokens is not %j', (text) => {
  expect(() => read('ACCESS_TOKEN_PROFILE', text)).toThrow('expected a JSON object');
});

test('lists, objects and optional values are rendered as texts', () => {
  const rendered = someVariables('create-task', {
    OWNER_CLAIM: true,
    TOKEN_ENCRYPTION_KEY: { kid: 'k', kty: 'EC' },
    SIGNING_KEY_IDS: ['a', 'b'],
  });
  expect(rendered).toMatchObject({
    OWNER_CLAIM: 'true',
    TOKEN_ENCRYPTION_KEY: '{"kid":"k","kty":"EC"}',
    SIGNING_KEY_IDS: 'a,b',
    RETENTION_SECONDS: '86400',
  });
  expect(someVariables('create-task')).toMatchObject({ OWNER_CLAIM: 'false', TOKEN_ENCRYPTION_KEY: '' });
});

test('O3 the ids of the live keys are one variable, and the first key signs', () => {
  expect(read('SIGNING_KEY_IDS', 'arn:current,arn:previous')).toEqual(['arn:current', 'arn:previous']);
  for (const text of ['arn:current,', ',']) expect(() => read('SIGNING_KEY_IDS', text)).toThrow('SIGNING_KEY_IDS');
});

test('the origin of the console is left out where it has none of its own, and read where it has', () => {
  const rendered = someVariables('console');
  expect(rendered).not.toHaveProperty('CONSOLE_ORIGIN');
  const own = renderVariables('console', {
    ...readVariables('console', rendered),
    CONSOLE_ORIGIN: 'https://console.example.com',
  });
  expect(readVariables('console', own).CONSOLE_ORIGIN).toBe('https://console.example.com');
});

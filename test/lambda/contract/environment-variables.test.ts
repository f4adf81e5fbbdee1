import { expect, test } from 'vitest';
import {
  ENVIRONMENT_VARIABLES,
  type FunctionName,
  readVariables,
  renderVariables,
} from '../../../lambda/contract/environment-variables.ts';

const names = Object.keys(ENVIRONMENT_VARIABLES) as FunctionName[];

test.each(names)('%s stops by name when a variable is missing or empty', (name) => {
  const complete = Object.fromEntries(ENVIRONMENT_VARIABLES[name].map((key) => [key, 'x']));
  expect(readVariables(name, { ...complete, OTHER: 'y' })).toEqual(complete);
  for (const key of ENVIRONMENT_VARIABLES[name]) {
    expect(() => readVariables(name, { ...complete, [key]: undefined })).toThrow(key);
    expect(() => readVariables(name, { ...complete, [key]: '' })).toThrow(key);
  }
});

test('what is rendered is what is read, and nothing beside it', () => {
  const variables = {
    POSTERN_ENVIRONMENT: 'test',
    POSTERN_ORIGIN: 'o',
    EVENT_BUS_NAME: 'b',
    DEAD_LETTER_QUEUE_URL: 'q',
  };
  const values = { ...variables, OTHER: 'x' };
  const rendered = renderVariables('publish', values);
  expect(rendered).toEqual(variables);
  expect(readVariables('publish', rendered)).toEqual(rendered);
});

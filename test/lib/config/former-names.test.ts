import { describe, expect, it } from 'vitest';
import { InvalidEnvironment } from '../../../lib/config/errors.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { anAwsEnvironment } from '../../support/environments.ts';

const reserved = (reservedConcurrency: Readonly<Record<string, unknown>>) =>
  readEnvironment('test', anAwsEnvironment({ reservedConcurrency })).reservedConcurrency;

const NAMES = [
  ['open', 'create-task'],
  ['describe', 'metadata'],
  ['arrive', 'complete-upload'],
] as const;

describe('the former name of a function', () => {
  it.each(NAMES)('%s reserves concurrency of %s', (former, name) => {
    expect(reserved({ [former]: 60 })).toEqual({ handshake: 20, [name]: 60 });
    expect(reserved({ [former]: 'unreserved' })).toEqual({ handshake: 20 });
  });

  it.each(NAMES)('%s is refused beside %s', (former, name) => {
    const read = () => reserved({ [former]: 60, [name]: 70 });
    expect(read).toThrow(InvalidEnvironment);
    expect(read).toThrow(
      `reservedConcurrency.${former} is 60; expected one number for the function, which \`reservedConcurrency\` names ` +
        `\`${name}\` too. Remove \`${former}\`, the former name of \`${name}\`.`,
    );
  });

  it('has the bounds of the function', () => {
    expect(() => reserved({ open: 49 })).toThrow('expected a whole number of executions from 50 to 1000');
    expect(reserved({ open: 50 })).toMatchObject({ 'create-task': 50 });
  });
});

import { PosternError } from '@postern/client';
import { describe, expect, it } from 'vitest';
import { CommandError } from '../../cli/command-error.ts';
import { explainError } from '../../cli/explain-error.ts';

const URL_WITH_TOKEN = 'https://c.example.com/v1/results/abc/eyJhbGciOiJFUzI1NiJ9.e30.c2ln';

const aPosternError = (members: Partial<ConstructorParameters<typeof PosternError>[0]>) =>
  new PosternError({ code: 'unavailable', message: 'No answer.', retryable: false, ...members });

describe('an error of a command', () => {
  it.each([
    ['network_error', undefined, 'unavailable'],
    ['unavailable', 503, 'unavailable'],
    ['too_many_pending', 429, 'unavailable'],
    ['task_unknown', 404, 'notFound'],
    ['access_token_invalid', 401, 'signIn'],
    ['access_token_refused', undefined, 'signIn'],
    ['access_token_insufficient', 403, 'refused'],
    ['task_closed', 409, 'refused'],
    ['request_invalid', 400, 'refused'],
  ] as const)('with code %s and status %s ends as %s', (code, status, exit) => {
    expect(explainError(aPosternError({ code, ...(status !== undefined && { status }) })).exit).toBe(exit);
  });

  it('of a processor whose URL is refused is no sign-in', () => {
    const error = Object.assign(new Error('refused'), { name: 'CallbackError', code: 'token_expired', status: 401 });
    expect(explainError(error).exit).toBe('refused');
  });

  it('never shows a callback URL or a control character', () => {
    const { lines } = explainError(
      new CommandError('failed', `No answer from ${URL_WITH_TOKEN}.\u001b[2J`, 'Try\nagain.'),
    );
    expect(lines).toEqual(['No answer from https://c.example.com/v1/results/abc/… [2J', 'Try again.']);
  });

  it.each([
    ['is missing, and the work for this processor needs it'],
    ['is required, because the former input was deleted when the task ended: send it again'],
  ])('names the option for an input that %s', (detail) => {
    const problem = {
      type: '',
      title: '',
      status: 400,
      code: 'request_invalid',
      errors: [{ pointer: '/input', detail }],
    };
    const { lines } = explainError(aPosternError({ code: 'request_invalid', status: 400, problem: problem as never }));
    expect(lines).toContain(`/input: ${detail}. Name its file: --input @FILE.`);
  });

  it('of a command has a line for each of its lines', () => {
    const { lines } = explainError(new CommandError('usage', '--a is wrong.\n--b\u001b[2J is wrong.', 'Correct both.'));
    expect(lines).toEqual(['--a is wrong.', '--b [2J is wrong.', 'Correct both.']);
  });

  it('about an argument of a package is a mistake on the command line', () => {
    const error = new TypeError('taskId is not an id; expected 1 to 64 characters.');
    expect(explainError(error)).toEqual({ exit: 'usage', lines: [error.message] });
  });

  it('of another kind has exit code failed and its message', () => {
    expect(explainError(new TypeError('broken'))).toEqual({ exit: 'failed', lines: ['broken'] });
    expect(explainError('text')).toEqual({ exit: 'failed', lines: ['text'] });
  });
});

import { requestAccessToken } from '../../../scenario/access-token.ts';
import { test as base } from '../../support/unit-fixtures.ts';
import { run, untilReady } from './running-gateway.ts';

/** `test` with a gateway that `npm start` runs for the whole file. */
export const test = base
  /** Further environment variables of `npm start`. */
  .extend('variables', { scope: 'file' }, (): Readonly<Record<string, string>> => ({}))
  /** Options of `npm start`. */
  .extend('options', { scope: 'file' }, (): readonly string[] => ['--no-story'])
  .extend('program', { scope: 'file' }, ({ folder, options, variables }, { onCleanup }) => {
    const program = run('start', options, { POSTERN_DATA: folder, ...variables });
    onCleanup(async () => {
      program.process.kill('SIGTERM');
      await program.ended;
    });
    return program;
  })
  /** The ready file. Each file waits for it, because commands find the gateway by their data folder. */
  .extend('ready', { scope: 'file', auto: true }, ({ folder, program }) => untilReady(program, folder))
  /** Access token of the sender. */
  .extend('accessToken', { scope: 'file' }, ({ ready }) =>
    requestAccessToken(ready.idp, ready.clients.sender, 'task_read task_write'),
  );

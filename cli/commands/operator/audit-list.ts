import type { AuditView } from '@postern/client/operator';
import { OPERATOR_ACTIONS, type OperatorAction } from '../../../lambda/contract/audit.ts';
import { defineCommand } from '../../command.ts';
import { given } from '../../given.ts';
import { PAGE_OPTIONS, partOf, readPart, sinceOrAfter } from '../../list-options.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { EXITS_OF_LIST } from './shared-options.ts';

export const OPERATOR_AUDIT_LIST_COMMAND = defineCommand({
  name: 'operator audit list',
  summary: 'Lists what operators did or tried to do, newest first',
  options: {
    operator: { doc: 'only actions of the operator with this sub', value: 'SUB' },
    action: { doc: 'only actions of this kind', value: 'ACTION', choices: OPERATOR_ACTIONS },
    target: { doc: 'only actions on this task, processor, job, queue or key', value: 'ID' },
    since: { doc: 'only actions in this time, such as 2h', value: 'DURATION' },
    after: { doc: 'only actions after this time, in RFC 3339', value: 'TIME' },
    before: { doc: 'only actions before this time, in RFC 3339', value: 'TIME' },
    ...PAGE_OPTIONS,
  },
  examples: ['postern operator audit list --since 1d', 'postern operator audit list --action reveal -o jsonl'],
  exits: EXITS_OF_LIST,
  run: async (context, { options }) => {
    const { io, now, signal } = context;
    const part = readPart(options, { flag: '--since', value: options.since, instead: '--after' });
    const query = given({
      operator: options.operator,
      action: options.action as OperatorAction | undefined,
      target: options.target,
      after: sinceOrAfter(options.since, options.after, now()),
      before: options.before,
    });
    const { audit } = await operatorOf(context);
    const items = partOf(
      part,
      (page) => audit.list({ ...query, ...page }, { signal }),
      (page) => page.audit,
    );
    await io.printList<AuditView>({
      name: 'audit',
      items,
      nextCursor: items.nextCursor,
      columns: [
        { title: 'AT', value: ({ at }) => at },
        { title: 'OPERATOR', value: ({ operator }) => operator.sub },
        { title: 'ACTION', value: ({ action }) => action },
        { title: 'TARGET', value: ({ target }) => target },
        { title: 'OUTCOME', value: ({ outcome }) => outcome },
        { title: 'FROM', value: ({ from }) => from },
        { title: 'REASON', value: ({ reason }) => reason },
      ],
      none: 'No action matches.',
    });
    return 'ok';
  },
});

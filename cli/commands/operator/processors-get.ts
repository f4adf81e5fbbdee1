import type { ProcessorView } from '@postern/client/operator';
import { defineCommand } from '../../command.ts';
import { showDuration, showTime } from '../../durations.ts';
import { oneLine } from '../../io.ts';
import type { Settings } from '../../settings/settings.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { suggestCommand } from '../../suggest-command.ts';
import { EXITS_OF_ONE } from './shared-options.ts';

export const OPERATOR_PROCESSORS_GET_COMMAND = defineCommand({
  name: 'operator processors get',
  summary: 'Shows a processor: its settings without secrets, and its numbers',
  arguments: { PROCESSOR: { doc: 'id of the processor' } },
  options: {},
  examples: ['postern operator processors get acme-ocr'],
  exits: EXITS_OF_ONE,
  run: async (context, { arguments: { PROCESSOR } }) => {
    const { processors } = await operatorOf(context);
    const processor = await processors.get(PROCESSOR, { signal: context.signal });
    context.io.print(processor, () => processorLines(processor, context.settings, context.now()));
    return 'ok';
  },
});

const processorLines = (processor: ProcessorView, settings: Settings, now: number): string => {
  const { oldestPendingAt, pending } = processor;
  const rows = [
    ['processor', processor.id],
    ['grade', processor.grade],
    ['proof', processor.proof],
    ['carriers', processor.carriers.join(', ')],
    ['content types', processor.contentTypes.join(', ')],
    ['longest expiry', showDuration(processor.maxExpiresIn)],
    ['replays are', processor.replayMode],
    ['pending', oldestPendingAt === undefined ? pending : `${pending}, the oldest ${showTime(oldestPendingAt, now)}`],
    ['expire in 1 h', processor.expiringWithinHour],
    ['accepted 24 h', processor.accepted24h],
    ['replays 24 h', processor.replays24h],
  ] as const;
  return [
    ...rows.map(([name, value]) => `${name.padEnd(15)} ${oneLine(String(value))}`),
    ...(pending === 0
      ? []
      : [
          '',
          'What you can do',
          `  ${suggestCommand(settings, `operator task list --processor ${processor.id} --status pending`)}`,
          `  ${suggestCommand(settings, `operator processors revoke ${processor.id}`)}`,
        ]),
  ].join('\n');
};

import { defineCommand } from '../../command.ts';
import { CommandError } from '../../command-error.ts';
import type { BusEvent } from '../../events/bus-event.ts';
import { oneLine } from '../../io.ts';
import { LOCAL_PROFILE, type Settings } from '../../settings/settings.ts';

export const EVENTS_TAIL_COMMAND = defineCommand({
  name: 'events tail',
  summary: 'Shows events as they are published, until Ctrl-C',
  description:
    'On this machine it reads the file of events. On AWS it makes a rule on the bus of the environment and a queue, with the ' +
    'credentials and the Region of the AWS SDK, and removes both at its end. Other rules on the bus get these events too. The first ' +
    'events may take a minute to come.',
  options: {
    since: {
      doc: 'start shows those of earlier, on this machine only',
      value: 'WHEN',
      choices: ['now', 'start'],
      default: 'now',
    },
    bus: {
      doc: 'name of the event bus on AWS, the output EventBusName of the gateway; by default postern-ENVIRONMENT of the profile',
      value: 'NAME',
    },
  },
  examples: [
    'postern events tail',
    'postern events tail --since start -o jsonl',
    'postern events tail --bus postern-prod -o jsonl | jq .detail.taskId',
  ],
  exits: ['failed', 'notFound', 'refused', 'unavailable'],
  run: async (context, { options: { bus, since } }) => {
    const { io, settings } = context;
    const show = (event: BusEvent): void => io.print(event, () => eventLine(event));
    if (settings.profileName === LOCAL_PROFILE && bus === undefined) {
      const { tailLocal } = await import('../../events/tail-local.ts');
      await tailLocal(context, since === 'start', show);
      return 'interrupted';
    }
    if (since === 'start') {
      throw new CommandError('usage', '--since start works on this machine only: a new rule gets no earlier events.');
    }
    const { tailAws } = await import('../../events/tail-aws.ts');
    await tailAws(context, bus ?? busOf(settings), show);
    return 'interrupted';
  },
});

const busOf = ({ profileName, profiles }: Settings): string => {
  const environment = profiles[profileName]?.environment;
  if (environment !== undefined) return `postern-${environment}`;
  throw new CommandError(
    'usage',
    `The profile "${profileName}" names no environment, so the name of its event bus is not known.`,
    'Name it with --bus: it is the output EventBusName of the stack of the gateway.',
  );
};

const eventLine = ({ detail, 'detail-type': type, time }: BusEvent): string => {
  const { application, processor, status, taskId } = detail;
  return [time, type.padEnd(20), ...[taskId, application, processor, status].filter((one) => typeof one === 'string')]
    .map((text) => oneLine(String(text)))
    .join('  ');
};

import type { AttackGroup } from './attack.ts';
import type { AttackResult, Drill } from './run-attacks.ts';
import { isHeld, showAnswer, showExpected, summaryOf } from './show-drill.ts';

export interface ReportOptions {
  readonly profile: string;
  readonly version: string;
  /** RFC 3339. */
  readonly begunAt: string;
  readonly endedAt: string;
}

/** A report in Markdown that can be attached to a review. It has no token and no callback URL. */
export const reportOf = (drill: Drill, groups: readonly AttackGroup[], options: ReportOptions): string => {
  const { leftOver, notRun, origin, results } = drill;
  const processors = [...new Set(results.map(({ processor }) => processor))];
  const requirements = [...new Set(results.flatMap(({ attack }) => attack.requirements))].toSorted();
  const wrong = results.filter(({ verdict }) => verdict !== 'refused');
  return `${[
    '# Attack drill',
    '',
    `**${summaryOf(drill)}** ${isHeld(drill) ? 'The gateway refused every attack with an expected code.' : 'The section "Not as expected" names the others.'}`,
    '',
    '| | |',
    '|---|---|',
    `| gateway | ${origin} |`,
    `| profile | ${options.profile} |`,
    `| begun | ${options.begunAt} |`,
    `| ended | ${options.endedAt} |`,
    `| processors | ${processors.join(', ')} |`,
    `| requirements | ${requirements.join(', ')} |`,
    `| made by | postern ${options.version}, \`postern callback attack\` |`,
    '',
    'Each attack had a new task, with `"drill": true` in its metadata. The ids of the requirements are those of',
    '`docs/reference/requirements.md`.',
    '',
    ...(wrong.length === 0 ? [] : ['## Not as expected', '', ...wrong.map(describeWrong), '']),
    ...groups.flatMap((group) => tableOf(group, results)),
    ...(notRun.length === 0
      ? []
      : [
          '## Not run',
          '',
          'No processor of this drill fits these attacks:',
          '',
          ...notRun.map(({ name, tries }) => `- \`${name}\`: ${tries}`),
          '',
        ]),
    ...(leftOver.length === 0
      ? []
      : [
          '## Tasks to cancel',
          '',
          'The drill could not cancel these tasks:',
          '',
          ...leftOver.map((id) => `- \`${id}\``),
          '',
        ]),
  ]
    .join('\n')
    .trimEnd()}\n`;
};

const describeWrong = (result: AttackResult): string => {
  const { attack, remark, verdict } = result;
  const found = `${verdict}: \`${showAnswer(result)}\`; expected \`${showExpected(result)}\``;
  return `- \`${attack.name}\` ${found}${remark === undefined ? '' : `; ${remark}`}`;
};

const tableOf = ({ attacks, title }: AttackGroup, results: readonly AttackResult[]): readonly string[] => {
  const rows = results.filter(({ attack }) => attacks.includes(attack));
  if (rows.length === 0) return [];
  return [
    `## ${title}`,
    '',
    '| attack | what it tries | requirements | expected | got | verdict |',
    '|---|---|---|---|---|---|',
    ...rows.map((result) => {
      const { attack, verdict } = result;
      const shown = verdict === 'refused' ? verdict : `**${verdict}**`;
      return `| \`${attack.name}\` | ${attack.tries} | ${attack.requirements.join(', ')} | \`${showExpected(result)}\` | \`${showAnswer(result)}\` | ${shown} |`;
    }),
    '',
  ];
};

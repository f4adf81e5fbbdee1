import type { Finding } from './finding.ts';
import type { EnvironmentRecord } from './record.ts';
import { isSame, type Replacement, refersTo, textOf } from './replacements.ts';

/**
 * State is deployed before the gateway. CloudFormation refuses to take away or to change an export that another stack
 * imports, so that the old gateway must find all of its exports in the new State.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
 */
export const exportsInUse = (
  before: EnvironmentRecord,
  after: EnvironmentRecord,
  replaced: ReadonlyMap<string, Replacement>,
): readonly Finding[] =>
  before.gateway.imports.flatMap((name): readonly Finding[] => {
    const finding = (problem: string): readonly Finding[] => [
      {
        code: 'export-in-use',
        stack: 'State',
        resource: name,
        problem,
        remedy:
          'Keep the export, with `exportValue` where no construct makes it any more, and deploy; take it away in a later ' +
          'deployment, after the gateway has let go of it.',
      },
    ];
    if (!(name in after.state.exports)) return finding('State exports it no more, and the deployed gateway imports it');
    const now = after.state.exports[name];
    const then = before.state.exports[name];
    if (then !== undefined && !isSame(then, now)) {
      return finding(
        `its value would change from ${textOf(then)} to ${textOf(now)}, and the deployed gateway imports it`,
      );
    }
    return refersTo(now, replaced)
      ? finding('its value would be that of a replaced resource, and the deployed gateway imports it')
      : [];
  });

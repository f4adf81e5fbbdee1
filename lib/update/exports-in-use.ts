import type { Finding } from './finding.ts';
import type { EnvironmentRecord } from './record.ts';
import { isSame, type Replacement, refersTo, textOf } from './replacements.ts';

/**
 * Finds exports of State that an update would remove or change although the deployed gateway imports them. State is deployed
 * before Gateway, and CloudFormation refuses to remove or change an imported export.
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
          'Keep the export and deploy. Use `exportValue` if no construct creates it any more. Remove it in a later ' +
          'deployment, after the gateway has stopped importing it.',
      },
    ];
    if (!(name in after.state.exports))
      return finding('State no longer exports it, and the deployed gateway imports it');
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

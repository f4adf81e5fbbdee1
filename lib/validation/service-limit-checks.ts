import { readFileSync } from 'node:fs';
import type { IPolicyValidationContext, IPolicyValidationPlugin, PolicyValidationPluginReport } from 'aws-cdk-lib';
import { breachesOf, SERVICE_LIMITS, type Template } from './service-limits.ts';

/** Checks every template of an app against the limits of AWS services. Synth fails if a limit is exceeded. */
export class ServiceLimitChecks implements IPolicyValidationPlugin {
  readonly name = 'ServiceLimits';
  readonly ruleIds = SERVICE_LIMITS.map(({ id }) => id);

  validate({ stackTemplates }: IPolicyValidationContext): PolicyValidationPluginReport {
    const violations = stackTemplates.flatMap(({ stackConstructPath, templatePath }) =>
      breachesOf(JSON.parse(readFileSync(templatePath, 'utf8')) as Template).map(({ id, limit, message }) => ({
        ruleName: limit.id,
        description: `${stackConstructPath}: ${message}`,
        fix: limit.remedy,
        violatingResources: [{ resourceLogicalId: id ?? '', templatePath, locations: [] }],
      })),
    );
    return { success: violations.length === 0, violations };
  }
}

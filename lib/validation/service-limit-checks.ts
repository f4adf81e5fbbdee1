import { readFileSync } from 'node:fs';
import type {
  IPolicyValidationContext,
  IPolicyValidationPlugin,
  PolicyValidationPluginReport,
  Stack,
} from 'aws-cdk-lib';
import { SERVICE_LIMITS, type ServiceLimit, type Template } from './service-limits.ts';

/** Checks the templates of stacks against the limits of AWS services. Synth fails if a limit is exceeded. */
export class ServiceLimitChecks implements IPolicyValidationPlugin {
  readonly name = 'ServiceLimits';
  readonly ruleIds = SERVICE_LIMITS.map(({ id }) => id);
  readonly #paths = new Set<string>();

  /** Checks these stacks too. Other stacks of the app are not of Postern: their owners judge them. */
  add(...stacks: readonly Stack[]): void {
    for (const { node } of stacks) this.#paths.add(node.path);
  }

  validate({ stackTemplates }: IPolicyValidationContext): PolicyValidationPluginReport {
    const checked = stackTemplates.filter(({ stackConstructPath }) => this.#paths.has(stackConstructPath));
    const violations = checked.flatMap(({ stackConstructPath, templatePath }) =>
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

/** A value outside a limit. */
export interface Breach {
  readonly limit: ServiceLimit;
  /** Logical id of the resource; absent for a value of the whole template. */
  readonly id?: string;
  /** Names the value, the expectation and the remedy. */
  readonly message: string;
}

/** Finds the values in a template that AWS would refuse. */
export const breachesOf = (template: Template): readonly Breach[] =>
  SERVICE_LIMITS.flatMap((limit) =>
    limit
      .measure(template.Resources ?? {}, template)
      .filter(({ value }) => !(value <= limit.most && value >= (limit.least ?? 0)))
      .map(({ id, value }) => ({ limit, ...(id !== undefined && { id }), message: messageOf(limit, id, value) })),
  );

const messageOf = (
  { least, most, remedy, source, unit }: ServiceLimit,
  id: string | undefined,
  value: number,
): string => {
  const expected = least === undefined ? `at most ${most}` : `${least} to ${most}`;
  return `${id ?? 'The template'} has ${value} ${unit}; expected ${expected}. ${remedy} ${source}`;
};

import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { METRIC_NAMESPACE } from '../../lambda/contract/metrics.ts';
import type { MetricIdentity } from './metric.ts';

/**
 * Lines of Lambda about invocations that ended without an answer: the time-out, a process that ended or ran out of memory, and
 * code that could not be loaded. An error that the code threw is none of them: the runtime reports it as its answer, and its type is
 * no one of `Runtime.…`.
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
 * https://github.com/aws-samples/aws-lambda-extensions/issues/85
 */
const CRASHES = [
  '($.type = "platform.report" && $.record.status = "timeout")',
  '($.type = "platform.report" && $.record.errorType = "Runtime.*")',
  '($.type = "platform.initReport" && $.record.status != "success")',
];

/** Crashes of `create-task`. A metric filter adds no dimension, so the environment is in the namespace. */
export const crashesOfCreateTask = ({
  environmentName,
}: {
  readonly environmentName: string;
}): readonly MetricIdentity[] => [
  {
    namespace: `${METRIC_NAMESPACE}/${environmentName}`,
    name: 'CreateTaskCrashed',
    dimensions: {},
    label: 'crashes',
  },
];

export interface CrashFilterProps {
  readonly environmentName: string;
  /** Log of the function `create-task`. */
  readonly logGroup: ILogGroup;
}

/**
 * Counts crashes of `create-task` in its log. Lambda's own metric counts a refusal as an error where an application invokes the
 * function, so it cannot tell a crash from a refusal.
 */
export class CrashFilter extends Construct {
  constructor(scope: Construct, id: string, { environmentName, logGroup }: CrashFilterProps) {
    super(scope, id);
    for (const { name, namespace } of crashesOfCreateTask({ environmentName })) {
      new MetricFilter(this, 'Filter', {
        logGroup,
        filterPattern: FilterPattern.literal(`{ ${CRASHES.join(' || ')} }`),
        metricNamespace: namespace,
        metricName: name,
        metricValue: '1',
      });
    }
  }
}

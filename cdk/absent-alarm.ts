import { AlarmBase } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

/**
 * Stands for an alarm that an environment has on AWS, and not on one machine: `DDoSDetected` without Shield. The code of an app may give
 * it actions. It makes no resource.
 */
export class AbsentAlarm extends AlarmBase {
  readonly alarmName: string;
  readonly alarmArn: string;

  constructor(scope: Construct, name: string) {
    super(scope, `Absent${name}`);
    this.alarmName = name;
    this.alarmArn = this.stack.formatArn({ service: 'cloudwatch', resource: 'alarm', resourceName: name });
  }
}

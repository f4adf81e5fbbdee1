import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import type { RateLimits } from '../environment.ts';
import type { WebAclMetrics } from '../monitoring/sources.ts';
import { CALLBACK_RULES, webAclRules } from './web-acl-rules.ts';

export interface WebAclProps {
  readonly environmentName: string;
  readonly loadBalancerArn: string;
  readonly rateLimits: RateLimits;
  readonly logRetention: RetentionDays;
}

/** The web ACL before the load balancer. It decides first; what passes meets the listener's rules. */
export class WebAcl extends Construct {
  readonly webAcl: CfnWebACL;
  /** What puts it before the load balancer. */
  readonly association: CfnWebACLAssociation;
  /** How it counts what it blocks. */
  readonly metrics: WebAclMetrics;

  constructor(scope: Construct, id: string, props: WebAclProps) {
    super(scope, id);
    // The name of the environment, for metrics of two web ACLs of one account and region would be one.
    const name = `postern-${props.environmentName}`;
    this.metrics = { metricName: name, callbackRules: CALLBACK_RULES };
    this.webAcl = new CfnWebACL(this, 'Resource', {
      name,
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      rules: webAclRules(props.rateLimits),
      visibilityConfig: {
        metricName: name,
        cloudWatchMetricsEnabled: true,
        // Sampled requests are shown whole: a token in a path would be among them, whatever the logs redact.
        sampledRequestsEnabled: false,
      },
    });
    this.association = new CfnWebACLAssociation(this, 'Association', {
      webAclArn: this.webAcl.attrArn,
      resourceArn: props.loadBalancerArn,
    });
    this.association.addResourceDependency(this.webAcl);
    this.logBlockedRequests(props);
  }

  /** What was blocked and by which rule, without path, query and credentials. */
  private logBlockedRequests(props: WebAclProps): void {
    const logGroup = new LogGroup(this, 'Log', {
      // The service writes to groups of this prefix only.
      logGroupName: `aws-waf-logs-postern-${props.environmentName}`,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stack = Stack.of(this);
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: this.webAcl.attrArn,
      // The service refuses the ARN with `:*` at its end, as CloudFormation answers it.
      logDestinationConfigs: [stack.formatArn({ service: 'logs', resource: `log-group:${logGroup.logGroupName}` })],
      redactedFields: [
        { uriPath: {} },
        { queryString: {} },
        ...['authorization', 'callback-token', 'cookie'].map((name) => ({ singleHeader: { Name: name } })),
      ],
      loggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [
          {
            Behavior: 'KEEP',
            Requirement: 'MEETS_ANY',
            Conditions: [{ ActionCondition: { Action: 'BLOCK' } }, { ActionCondition: { Action: 'COUNT' } }],
          },
        ],
      },
    });
  }
}

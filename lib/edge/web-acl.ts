import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnIPSet, CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import ipaddr from 'ipaddr.js';
import type { Registry } from '../../lambda/contract/registry.ts';
import type { Environment } from '../config/environment.ts';
import type { LogKey } from '../state/log-key.ts';
import { DATA_PROTECTIONS, REDACTED_FIELDS } from './web-acl-data-protection.ts';
import { CALLBACK_BLOCKING_RULES, RESPONSE_BODIES, webAclRules } from './web-acl-rules.ts';

export interface WebAclProps {
  readonly environment: Pick<
    Environment,
    'name' | 'rateLimits' | 'countries' | 'antiDdos' | 'registry' | 'logRetention'
  >;
  readonly loadBalancerArn: string;
  /** What its log is encrypted with. */
  readonly logKey: LogKey;
}

/** Names of the web ACL's metrics for blocked requests. */
export interface WebAclMetrics {
  readonly metricName: string;
  /** Metric names of the rules that can block a callback. */
  readonly callbackRules: readonly string[];
}

/** The web ACL before the load balancer. It decides first; what passes meets the listener's rules. */
export class WebAcl extends Construct {
  readonly webAcl: CfnWebACL;
  /** What puts it before the load balancer. */
  readonly association: CfnWebACLAssociation;
  /** How it counts what it blocks. */
  readonly metrics: WebAclMetrics;
  /** What it blocked. */
  readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, props: WebAclProps) {
    super(scope, id);
    const { environment } = props;
    const { antiDdos, countries, rateLimits, registry } = environment;
    const callbackSources = this.callbackSources(registry);
    const rules = webAclRules({
      antiDdos,
      rateLimits,
      ...(countries !== undefined && { countries }),
      ...(callbackSources !== undefined && { callbackSources }),
    });
    // The name of the environment, for metrics of two web ACLs of one account and region would be one.
    const name = `postern-${environment.name}`;
    this.metrics = {
      metricName: name,
      callbackRules: CALLBACK_BLOCKING_RULES.filter((blocking) => rules.some((rule) => rule.name === blocking)),
    };
    this.webAcl = new CfnWebACL(this, 'Resource', {
      name,
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      rules,
      // What AWS does by itself, stated: under load the load balancer refuses addresses of bad repute, before any rule.
      // `ALWAYS_ON` would do so at all times, and stop more honest processors.
      // https://docs.aws.amazon.com/waf/latest/developerguide/waf-anti-ddos-alb.html
      onSourceDDoSProtectionConfig: { albLowReputationMode: 'ACTIVE_UNDER_DDOS' },
      dataProtectionConfig: { dataProtections: [...DATA_PROTECTIONS] },
      customResponseBodies: Object.fromEntries(
        Object.entries(RESPONSE_BODIES).map(([name, problem]) => [
          name,
          // A web ACL cannot say `application/problem+json`.
          { contentType: 'APPLICATION_JSON', content: JSON.stringify({ type: 'about:blank', ...problem }) },
        ]),
      ),
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
    this.logGroup = this.logBlockedRequests(environment, props.logKey);
  }

  /**
   * Where callbacks may come from, as far as a web ACL can tell: it does not know whose callback it sees. Only where every
   * processor has its addresses written down can the rest be kept out here; each against its own is the receiver's to hold.
   * @returns ARNs of the sets, one for each family of addresses; undefined where some processor calls from anywhere
   */
  private callbackSources(registry: Registry): readonly string[] | undefined {
    const ranges = Object.values(registry).map(({ sourceRanges }) => sourceRanges);
    if (ranges.some((each) => each === undefined)) return undefined;
    const all = [...new Set(ranges.flatMap((each) => each ?? []))];
    const isV6 = (range: string): boolean => ipaddr.IPv6.isValidCIDR(range);
    return [
      { version: 'IPV4', addresses: all.filter((range) => !isV6(range)) },
      { version: 'IPV6', addresses: all.filter(isV6) },
    ]
      .filter(({ addresses }) => addresses.length > 0)
      .map(({ addresses, version }) => {
        const description = 'Addresses that processors call from';
        const set = { scope: 'REGIONAL', ipAddressVersion: version, addresses, description };
        return new CfnIPSet(this, `CallbackSources${version}`, set).attrArn;
      });
  }

  /** What was blocked and by which rule, without path, query and credentials. */
  private logBlockedRequests({ logRetention, name }: WebAclProps['environment'], logKey: LogKey): ILogGroup {
    const logGroup = new LogGroup(this, 'Log', {
      // The service writes to groups of this prefix only.
      logGroupName: `aws-waf-logs-postern-${name}`,
      retention: logRetention,
      encryptionKey: logKey.key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stack = Stack.of(this);
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: this.webAcl.attrArn,
      // The service refuses the ARN with `:*` at its end, as CloudFormation answers it.
      logDestinationConfigs: [stack.formatArn({ service: 'logs', resource: `log-group:${logGroup.logGroupName}` })],
      redactedFields: REDACTED_FIELDS,
      loggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [
          {
            Behavior: 'KEEP',
            Requirement: 'MEETS_ANY',
            // Not what is counted: every callback is.
            Conditions: [
              { ActionCondition: { Action: 'BLOCK' } },
              { ActionCondition: { Action: 'EXCLUDED_AS_COUNT' } },
            ],
          },
        ],
      },
    });
    return logGroup;
  }
}

import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnIPSet, CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import ipaddr from 'ipaddr.js';
import type { Registry } from '../../lambda/contract/registry.ts';
import type { Environment } from '../config/environment.ts';
import type { LogKey } from '../state/log-key.ts';
import { callbackSources } from './callback-sources.ts';
import { DATA_PROTECTIONS, REDACTED_FIELDS } from './web-acl-data-protection.ts';
import { CALLBACK_BLOCKING_RULES, RESPONSE_BODIES, webAclRules } from './web-acl-rules.ts';

export interface WebAclProps {
  readonly environment: Pick<
    Environment,
    'name' | 'rateLimits' | 'countries' | 'antiDdos' | 'registry' | 'logRetention'
  >;
  readonly loadBalancerArn: string;
  /** Encryption key of its log. */
  readonly logKey: LogKey;
}

/** Names of the web ACL's metrics for blocked requests. */
export interface WebAclMetrics {
  readonly metricName: string;
  /** Metric names of the rules that can block a callback. */
  readonly callbackRules: readonly string[];
}

/** Web ACL of the load balancer. Requests that it allows go on to the listener rules. */
export class WebAcl extends Construct {
  readonly webAcl: CfnWebACL;
  /** Association with the load balancer. */
  readonly association: CfnWebACLAssociation;
  /** Names of its metrics. */
  readonly metrics: WebAclMetrics;
  /** Log of blocked requests. */
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
    // The name is unique in the account and Region. Otherwise the metrics of two web ACLs would be mixed.
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
      // The default of AWS, stated explicitly: under load the load balancer refuses addresses of low reputation before
      // any rule. `ALWAYS_ON` would do so at all times and block more honest processors.
      // https://docs.aws.amazon.com/waf/latest/developerguide/waf-anti-ddos-alb.html
      onSourceDDoSProtectionConfig: { albLowReputationMode: 'ACTIVE_UNDER_DDOS' },
      dataProtectionConfig: { dataProtections: [...DATA_PROTECTIONS] },
      customResponseBodies: Object.fromEntries(
        Object.entries(RESPONSE_BODIES).map(([name, problem]) => [
          name,
          // A web ACL does not support the content type `application/problem+json`.
          { contentType: 'APPLICATION_JSON', content: JSON.stringify({ type: 'about:blank', ...problem }) },
        ]),
      ),
      visibilityConfig: {
        metricName: name,
        cloudWatchMetricsEnabled: true,
        // Sampled requests show the whole path, and with it a token, even if the logs redact it.
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
   * IP sets with the addresses of all processors.
   * @returns ARNs of the sets, one for each IP version; undefined if a processor may call from any address
   */
  private callbackSources(registry: Registry): readonly string[] | undefined {
    const all = callbackSources(registry);
    if (all === undefined) return undefined;
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

  /** Logs each blocked request and its rule, without path, query and credentials. */
  private logBlockedRequests({ logRetention, name }: WebAclProps['environment'], logKey: LogKey): ILogGroup {
    const logGroup = new LogGroup(this, 'Log', {
      // AWS WAF writes only to log groups with this prefix.
      logGroupName: `aws-waf-logs-postern-${name}`,
      retention: logRetention,
      encryptionKey: logKey.key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stack = Stack.of(this);
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: this.webAcl.attrArn,
      // AWS WAF refuses the ARN that CloudFormation returns, because it ends with `:*`.
      logDestinationConfigs: [stack.formatArn({ service: 'logs', resource: `log-group:${logGroup.logGroupName}` })],
      redactedFields: REDACTED_FIELDS,
      loggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [
          {
            Behavior: 'KEEP',
            Requirement: 'MEETS_ANY',
            // Requests that a rule counted are dropped: every callback is counted.
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

import { describe, expect, it } from 'vitest';
import { forCallbacks, listenerRules } from '../../../lib/edge/listener-rules.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { synthesize } from '../../support/synthesize.ts';
import { resourcesOf, theResource } from '../../support/template.ts';

const ELB = 'AWS::ElasticLoadBalancingV2';

interface Condition {
  readonly HostHeaderConfig?: { readonly Values?: readonly string[]; readonly RegexValues?: readonly string[] };
}

/** The load balancer passes certificates on without checking them. */
const passthrough = { mode: 'passthrough', unverifiedBecause: 'Their certificates have no authority in common.' };

const gatewayWith = (overrides: Readonly<Record<string, unknown>>) => synthesize(anAwsEnvironment(overrides)).gateway;

describe('a given network', () => {
  const network = { vpcId: 'vpc-0123456789abcdef0', publicSubnetIds: ['subnet-0aaaaaaa', 'subnet-0bbbbbbb'] };

  it('is used as it is: no network resource is created', () => {
    const gateway = gatewayWith({ network: { ...network, ipv6: true } });
    for (const type of ['VPC', 'Subnet', 'InternetGateway', 'RouteTable']) {
      gateway.resourceCountIs(`AWS::EC2::${type}`, 0);
    }
    expect(theResource(gateway, `${ELB}::LoadBalancer`).Properties).toMatchObject({
      Subnets: network.publicSubnetIds,
      IpAddressType: 'dualstack',
      Scheme: 'internet-facing',
    });
    expect(theResource(gateway, 'AWS::EC2::SecurityGroup').Properties.VpcId).toBe(network.vpcId);
  });

  it('without IPv6 gets no IPv6 address, record or rule', () => {
    const hostedZone = { id: 'Z1234567890', name: 'example.com' };
    const gateway = gatewayWith({ network: { ...network, ipv6: false }, hostedZone });
    expect(theResource(gateway, `${ELB}::LoadBalancer`).Properties.IpAddressType).toBe('ipv4');
    const records = Object.values(resourcesOf(gateway, 'AWS::Route53::RecordSet'));
    expect(records.map(({ Properties }) => Properties.Type)).toEqual(['A']);
    expect(JSON.stringify(gateway.toJSON())).not.toContain('::/0');
  });
});

/** Variables of the receiver about the certificate header. */
const receiverHeaders = (gateway: ReturnType<typeof gatewayWith>) =>
  Object.entries(resourcesOf(gateway, 'AWS::Lambda::Function'))
    .filter(([id]) => id.startsWith('FrontReceive'))
    .map(
      ([, { Properties }]) =>
        (Properties.Environment as { Variables: Record<string, unknown> }).Variables.MUTUAL_TLS_HEADER,
    );

describe('the mTLS listener', () => {
  const authorities = { bucketName: 'trust', key: 'authorities.pem', version: 'v1' };

  it('is a second listener: the first one requests no certificates', () => {
    const gateway = gatewayWith({ mutualTls: { mode: 'verify', authorities } });
    const listeners = Object.entries(resourcesOf(gateway, `${ELB}::Listener`));
    const on = (port: number) => listeners.find(([, { Properties }]) => Properties.Port === port);
    expect(listeners).toHaveLength(2);
    expect(on(443)?.[1].Properties).not.toHaveProperty('MutualAuthentication');
    expect(on(8443)?.[1].Properties).toMatchObject({
      Protocol: 'HTTPS',
      SslPolicy: on(443)?.[1].Properties.SslPolicy,
      Certificates: on(443)?.[1].Properties.Certificates,
      ListenerAttributes: expect.arrayContaining(
        on(443)?.[1].Properties.ListenerAttributes as readonly unknown[] as unknown[],
      ),
      DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
      MutualAuthentication: {
        Mode: 'verify',
        TrustStoreArn: { Ref: theResource(gateway, `${ELB}::TrustStore`).id },
        IgnoreClientCertificateExpiry: false,
      },
    });
    expect(theResource(gateway, `${ELB}::TrustStore`).Properties).toMatchObject({
      CaCertificatesBundleS3Bucket: 'trust',
      CaCertificatesBundleS3Key: 'authorities.pem',
      CaCertificatesBundleS3ObjectVersion: 'v1',
    });
  });

  it('serves only callback routes, like the first listener does', () => {
    const gateway = gatewayWith({ mutualTls: passthrough });
    const rules = Object.values(resourcesOf(gateway, `${ELB}::ListenerRule`)).map(({ Properties }) => Properties);
    const listeners = Object.entries(resourcesOf(gateway, `${ELB}::Listener`));
    const idOf = (port: number) => listeners.find(([, { Properties }]) => Properties.Port === port)?.[0];
    const rulesOn = (port: number) =>
      rules
        .filter(({ ListenerArn }) => JSON.stringify(ListenerArn) === JSON.stringify({ Ref: idOf(port) }))
        .map(({ Actions, Conditions, Priority }) => ({ Actions, Conditions, Priority }));
    const groups = Object.entries(resourcesOf(gateway, `${ELB}::TargetGroup`));
    const groupOf = (name: string) =>
      groups.find(([, { Properties }]) => Properties.Name === `postern-test-${name}`)?.[0];
    // Both target groups lead to the same function. The target group tells it which listener set the certificate header
    // (P4).
    const targetsOf = (name: string) => groups.find(([id]) => id === groupOf(name))?.[1].Properties.Targets;
    expect(targetsOf('mtls')).toEqual(targetsOf('receive'));
    const mutual = rulesOn(8443);
    expect(mutual.length).toBeGreaterThan(0);
    for (const { Actions, Conditions, Priority } of mutual) {
      const [, ...conditions] = Conditions as readonly object[];
      expect(rulesOn(443)).toContainEqual(
        expect.objectContaining({ Priority, Conditions: [expect.anything(), ...conditions] }),
      );
      expect(Actions).toEqual([expect.objectContaining({ TargetGroupArn: { Ref: groupOf('mtls') } })]);
      expect(JSON.stringify(conditions)).toMatch(/\/v1\/(results|failures|progress|uploads)|\/c\//);
    }
    expect(JSON.stringify(mutual)).not.toMatch(/\/v1\/tasks|\/console/);
  });

  it.each([
    [
      'leaf',
      { mutualTls: { mode: 'verify', authorities } },
      'routing.http.request.x_amzn_mtls_clientcert_leaf.header_name',
    ],
    ['leaf', { mutualTls: { authorities } }, 'routing.http.request.x_amzn_mtls_clientcert_leaf.header_name'],
    ['chain', { mutualTls: passthrough }, 'routing.http.request.x_amzn_mtls_clientcert.header_name'],
  ] as const)('P4 passes the %s in the header that the receiver reads: %j', (_, input, key) => {
    const gateway = gatewayWith(input);
    const [listener] = Object.values(resourcesOf(gateway, `${ELB}::Listener`)).filter(
      ({ Properties }) => Properties.Port === 8443,
    );
    const attributes = listener?.Properties.ListenerAttributes as readonly { Key: string; Value: unknown }[];
    const named = attributes.filter(({ Key }) => Key.startsWith('routing.http.request.'));
    expect(named.map(({ Key }) => Key)).toEqual([key]);
    expect(receiverHeaders(gateway)).toEqual([named[0]?.Value]);
    // The header belongs to this environment and never changes: it ends with the end of its stack's ARN.
    expect(named[0]?.Value).toEqual({
      'Fn::Join': [
        '',
        ['x-postern-client-certificate-', { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] }],
      ],
    });
  });

  it('is absent by default, and the receiver then reads no certificate header', () => {
    expect(receiverHeaders(gatewayWith({}))).toEqual(['']);
  });

  it('serves the gateway’s host name with or without the port, and no other name', () => {
    const gateway = gatewayWith({ mutualTls: { ...passthrough, port: 9443 } });
    const hosts = Object.values(resourcesOf(gateway, `${ELB}::ListenerRule`)).flatMap(({ Properties }) =>
      (Properties.Conditions as Condition[]).flatMap(({ HostHeaderConfig }) => HostHeaderConfig ?? []),
    );
    const expressions = hosts.flatMap(({ RegexValues = [] }) => RegexValues);
    expect(expressions.length).toBe(forCallbacks(listenerRules()).length);
    for (const expression of expressions) {
      // The documentation does not say whether expressions ignore case. JavaScript does not support `(?i)` inside an
      // expression.
      expect(expression).toMatch(/^\(\?i\)\^/);
      const answered = (host: string) => new RegExp(expression.slice('(?i)'.length), 'i').test(host);
      expect(answered('CALLBACKS.example.com:9443')).toBe(true);
      // Host headers that clients send for https://callbacks.example.com:9443 (RFC 9110 §7.2).
      expect(answered('callbacks.example.com:9443')).toBe(true);
      expect(answered('callbacks.example.com')).toBe(true);
      for (const other of [
        'callbacks.example.com:443',
        'callbacks.example.com:94430',
        'callbacks.example.com.evil.example',
        'evil-callbacks.example.com',
        'callbacksxexample.com',
        '',
      ]) {
        expect([other, answered(other)]).toEqual([other, false]);
      }
    }
  });

  it('opens only its port', () => {
    const gateway = gatewayWith({ mutualTls: { ...passthrough, port: 9443 } });
    const { SecurityGroupIngress } = theResource(gateway, 'AWS::EC2::SecurityGroup').Properties;
    const ports = (SecurityGroupIngress as { FromPort: number; ToPort: number }[]).map(({ FromPort, ToPort }) => [
      FromPort,
      ToPort,
    ]);
    expect(ports).toEqual([443, 443, 9443, 9443].map((port) => [port, port]));
  });

  it('checks revocation lists', () => {
    const revocations = [{ bucketName: 'trust', key: 'revoked.pem' }];
    const gateway = gatewayWith({ mutualTls: { mode: 'verify', authorities, revocations } });
    expect(theResource(gateway, `${ELB}::TrustStoreRevocation`).Properties).toEqual({
      TrustStoreArn: { Ref: theResource(gateway, `${ELB}::TrustStore`).id },
      RevocationContents: [{ RevocationType: 'CRL', S3Bucket: 'trust', S3Key: 'revoked.pem' }],
    });
  });

  it('exists only if the environment configures it', () => {
    const gateway = gatewayWith({});
    gateway.resourceCountIs(`${ELB}::Listener`, 1);
    gateway.resourceCountIs(`${ELB}::TrustStore`, 0);
  });
});

describe('PrivateLink', () => {
  const acceptedPrincipals = ['arn:aws:iam::210987654321:root'];
  const gateway = gatewayWith({ privateLink: { acceptedPrincipals } });
  const [network] = Object.entries(resourcesOf(gateway, `${ELB}::LoadBalancer`)).filter(
    ([, { Properties }]) => Properties.Type === 'network',
  );
  const networkId = network?.[0] ?? '';

  it('accepts connections of accepted principals only, each one by hand', () => {
    expect(theResource(gateway, 'AWS::EC2::VPCEndpointService').Properties).toMatchObject({
      AcceptanceRequired: true,
      NetworkLoadBalancerArns: [{ Ref: networkId }],
    });
    expect(theResource(gateway, 'AWS::EC2::VPCEndpointServicePermissions').Properties.AllowedPrincipals).toEqual(
      acceptedPrincipals,
    );
  });

  it('outputs the name of the endpoint service', () => {
    const { id } = theResource(gateway, 'AWS::EC2::VPCEndpointService');
    expect(gateway.findOutputs('EndpointServiceName').EndpointServiceName?.Value).toEqual({
      'Fn::Join': ['.', ['com.amazonaws.vpce', { Ref: 'AWS::Region' }, { Ref: id }]],
    });
  });

  it('forwards connections to the load balancer’s listener and depends on it', () => {
    const [target] = Object.values(resourcesOf(gateway, `${ELB}::TargetGroup`)).filter(
      ({ Properties }) => Properties.TargetType === 'alb',
    );
    const loadBalancers = Object.keys(resourcesOf(gateway, `${ELB}::LoadBalancer`));
    const [application] = loadBalancers.filter((id) => id !== networkId);
    expect(target?.Properties).toMatchObject({
      Port: 443,
      Protocol: 'TCP',
      Targets: [{ Id: { Ref: application }, Port: 443 }],
      HealthCheckProtocol: 'HTTPS',
      Matcher: { HttpCode: '404' },
    });
    const [https] = Object.entries(resourcesOf(gateway, `${ELB}::Listener`)).filter(
      ([, { Properties }]) => Properties.Protocol === 'HTTPS',
    );
    expect(target?.DependsOn).toContain(https?.[0]);
  });

  it('permits traffic only from endpoints and only to the load balancer', () => {
    expect(network?.[1].Properties).toMatchObject({
      Scheme: 'internal',
      EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: 'off',
    });
    const groups = Object.values(resourcesOf(gateway, 'AWS::EC2::SecurityGroup')).map(({ Properties }) => Properties);
    const [mine] = groups.filter(({ GroupDescription }) => String(GroupDescription).includes('accepted endpoints'));
    expect(mine).not.toHaveProperty('SecurityGroupIngress');
    expect(mine).not.toHaveProperty('SecurityGroupEgress');
    const [first, ...more] = Object.entries(resourcesOf(gateway, 'AWS::EC2::SecurityGroup')).filter(
      ([id]) => !id.startsWith('PrivateLink'),
    );
    expect(more).toEqual([]);
    expect(theResource(gateway, 'AWS::EC2::SecurityGroupEgress').Properties).toMatchObject({
      FromPort: 443,
      ToPort: 443,
      DestinationSecurityGroupId: { 'Fn::GetAtt': [first?.[0], 'GroupId'] },
    });
  });

  it('supports a zonal shift of its own, because it ignores a shift of its target', () => {
    expect(network?.[1].Properties.LoadBalancerAttributes).toContainEqual({
      Key: 'zonal_shift.config.enabled',
      Value: 'true',
    });
    expect(gateway.findOutputs('PrivateLinkLoadBalancerArn').PrivateLinkLoadBalancerArn?.Value).toEqual({
      Ref: networkId,
    });
  });

  it('works in a given network', () => {
    const network = {
      vpcId: 'vpc-0123456789abcdef0',
      publicSubnetIds: ['subnet-0aaaaaaa', 'subnet-0bbbbbbb'],
      ipv6: true,
    };
    const given = gatewayWith({ network, privateLink: { acceptedPrincipals } });
    for (const { Properties } of Object.values(resourcesOf(given, `${ELB}::LoadBalancer`))) {
      expect(Properties.Subnets).toEqual(network.publicSubnetIds);
    }
  });

  it('exists only if the environment configures it', () => {
    gatewayWith({}).resourceCountIs('AWS::EC2::VPCEndpointService', 0);
  });
});

import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import type { ApplicationListener, ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import {
  ApplicationProtocol,
  CfnTrustStore,
  CfnTrustStoreRevocation,
  MutualAuthenticationMode,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { Environment } from '../config/environment.ts';
import { certificateHeader } from '../names.ts';
import { NOT_FOUND, SSL_POLICY } from './load-balancer.ts';
import { hardenResponses } from './response-headers.ts';

export interface MutualTlsListenerProps {
  readonly environmentName: string;
  readonly mutualTls: NonNullable<Environment['mutualTls']>;
  readonly loadBalancer: ApplicationLoadBalancer;
  /** True if clients may connect by IPv6. */
  readonly ipv6: boolean;
  readonly certificate: ICertificate;
}

/**
 * Listener attribute that names the header with the client certificate. In the mode `verify` the header has the verified
 * leaf certificate; in `passthrough` it has the whole chain, unverified.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html
 */
const HEADER_NAMES = {
  verify: 'routing.http.request.x_amzn_mtls_clientcert_leaf.header_name',
  passthrough: 'routing.http.request.x_amzn_mtls_clientcert.header_name',
} as const;

/**
 * Second listener that requests a client certificate and passes it to the function in a header with a name that only this
 * environment has. A listener requests certificates from all its clients or from none, so this one has another port.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
 */
export class MutualTlsListener extends Construct {
  readonly listener: ApplicationListener;

  constructor(scope: Construct, id: string, props: MutualTlsListenerProps) {
    super(scope, id);
    const { certificate, ipv6, loadBalancer, mutualTls } = props;
    const trustStore = this.trustStore(props);
    this.listener = loadBalancer.addListener('MutualTls', {
      port: mutualTls.port,
      protocol: ApplicationProtocol.HTTPS,
      certificates: [certificate],
      sslPolicy: SSL_POLICY,
      open: false,
      mutualAuthentication:
        trustStore === undefined
          ? { mutualAuthenticationMode: MutualAuthenticationMode.PASS_THROUGH }
          : {
              mutualAuthenticationMode: MutualAuthenticationMode.VERIFY,
              trustStore,
              ignoreClientCertificateExpiry: false,
              advertiseTrustStoreCaNames: true,
            },
      defaultAction: NOT_FOUND,
    });
    this.listener.setAttribute(HEADER_NAMES[mutualTls.mode], certificateHeader(this));
    hardenResponses(this.listener);
    for (const anywhere of [Peer.anyIpv4(), ...(ipv6 ? [Peer.anyIpv6()] : [])]) {
      loadBalancer.connections.allowFrom(anywhere, Port.tcp(mutualTls.port), 'Processors with certificates');
    }
  }

  /** Certificate authorities that are accepted. Undefined if the function checks the certificate. */
  private trustStore({ environmentName, mutualTls }: MutualTlsListenerProps): CfnTrustStore | undefined {
    const { authorities, revocations = [] } = mutualTls;
    if (authorities === undefined) return undefined;
    const trustStore = new CfnTrustStore(this, 'TrustStore', {
      name: `postern-${environmentName}`,
      caCertificatesBundleS3Bucket: authorities.bucketName,
      caCertificatesBundleS3Key: authorities.key,
      ...(authorities.version !== undefined && { caCertificatesBundleS3ObjectVersion: authorities.version }),
    });
    if (revocations.length > 0) {
      new CfnTrustStoreRevocation(this, 'Revocations', {
        trustStoreArn: trustStore.ref,
        revocationContents: revocations.map(({ bucketName, key, version }) => ({
          revocationType: 'CRL',
          s3Bucket: bucketName,
          s3Key: key,
          ...(version !== undefined && { s3ObjectVersion: version }),
        })),
      });
    }
    return trustStore;
  }
}

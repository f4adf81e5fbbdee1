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
  /** Whether callers may come by IPv6. */
  readonly ipv6: boolean;
  readonly certificate: ICertificate;
}

/**
 * Attribute of a listener with the name of the header that holds the caller's certificate: by itself where the load balancer
 * verified it, with its chain where the load balancer only hands it on.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html
 */
const HEADER_NAMES = {
  verify: 'routing.http.request.x_amzn_mtls_clientcert_leaf.header_name',
  passthrough: 'routing.http.request.x_amzn_mtls_clientcert.header_name',
} as const;

/**
 * A second listener that asks its callers for a certificate, and tells the function behind it in a header of the environment's
 * own name. Asking is a matter of the whole listener, so that it has a port of its own.
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

  /** Whose certificates are taken; undefined where whoever is behind decides. */
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

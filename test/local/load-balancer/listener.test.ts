import { expect, test } from 'vitest';
import { readListener } from '../../../local/load-balancer/listener.ts';

const listenerWith = (attributes?: readonly { Key: string; Value: string }[]) =>
  readListener(
    {
      logicalId: 'Https',
      type: 'AWS::ElasticLoadBalancingV2::Listener',
      properties: {
        DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
        ...(attributes !== undefined && { ListenerAttributes: attributes }),
      },
    },
    [],
  );

test('a listener names itself in its answers unless its attributes say no', () => {
  const named = (Value: string) => listenerWith([{ Key: 'routing.http.response.server.enabled', Value }]).serverHeader;
  expect([listenerWith().serverHeader, named('true'), named('false')]).toEqual([true, true, false]);
});

test('an attribute that this load balancer does not know stops it by its name', () => {
  expect(() => listenerWith([{ Key: 'routing.http.response.x_frame_options.header_value', Value: 'DENY' }])).toThrow(
    /^Https: ListenerAttributes\.0\.Key: the local load balancer expected .*, found "routing\.http\.response\.x_frame_options/,
  );
});

test('a host that only an expression names stops it: this machine has one name', () => {
  const rule = {
    logicalId: 'Rule',
    type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
    properties: {
      Priority: 1,
      Conditions: [{ Field: 'host-header', HostHeaderConfig: { RegexValues: ['^a$'] } }],
      Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
    },
  };
  const listener = {
    logicalId: 'Https',
    type: 'AWS::ElasticLoadBalancingV2::Listener',
    properties: { DefaultActions: [] },
  };
  expect(() => readListener(listener, [rule])).toThrow(/^Rule: Conditions\.0\.HostHeaderConfig\.Values/);
});

import { callbackCosts } from '../../cost/callback-costs.ts';
import { type CostItem, total, usd } from '../../cost/cost-item.ts';
import { estimate, receiverSettingsOf, resourcesOf } from '../../cost/estimate.ts';
import { MEASURED } from '../../cost/measured.ts';
import { report, reportCallback } from '../../cost/report.ts';
import { bundleFunctions } from '../../lib/functions/bundles.ts';
import type { EnvAnswer, EnvRequest } from './protocol.ts';
import { loadEnvironment, readCdkContext } from './read-environment.ts';

/** Estimates the monthly costs of an environment. */
export const answerCost = async ({
  callbacks,
  compare,
  environment: name,
}: Extract<EnvRequest, { readonly action: 'cost' }>): Promise<EnvAnswer> => {
  const context = readCdkContext();
  const environment = await loadEnvironment(name, context);
  const resources = resourcesOf(environment, context, await bundleFunctions());
  const { fixed, usage } = estimate(environment, resources, callbacks);
  const settings = receiverSettingsOf(environment, resources);
  const compared = Object.fromEntries(
    Object.entries(MEASURED).map(([receiver, measured]) => [receiver, callbackCosts(measured, settings).map(withUsd)]),
  );
  return {
    exit: 'ok',
    data: {
      environment: name,
      callbacks,
      currency: 'USD',
      fixed: fixed.map(withUsd),
      usage: usage.map(withUsd),
      total: total(fixed) + total(usage),
      ...(compare && { compared }),
    },
    text: [report(name, callbacks, { fixed, usage }), ...(compare ? [reportCallback(settings, fixed)] : [])].join(
      '\n\n',
    ),
  };
};

const withUsd = (item: CostItem) => ({ ...item, usd: usd(item) });

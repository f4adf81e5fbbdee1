import { callbackCosts } from '../../cost/callback-costs.ts';
import { type CostItem, total, usd } from '../../cost/cost-item.ts';
import { estimate, receiverSettingsOf } from '../../cost/estimate.ts';
import { unpricedTypes } from '../../cost/fixed-costs.ts';
import { MEASURED } from '../../cost/measured.ts';
import { pricedSettings } from '../../cost/priced-settings.ts';
import { report, reportCallback } from '../../cost/report.ts';
import type { Context } from '../context.ts';
import type { EnvAnswer } from './answer.ts';
import { readTemplates } from './read-assembly.ts';
import { withEnvironment } from './with-environment.ts';

interface CostOptions {
  readonly name: string | undefined;
  readonly callbacks: number;
  /** True to compare a callback with another receiver. */
  readonly compare: boolean;
}

/** Estimates the monthly costs of an environment. */
export const answerCost = (context: Context, { callbacks, compare, name }: CostOptions): Promise<EnvAnswer> =>
  withEnvironment(context, { name }, (found) => {
    const { name: environment, region, settings } = found.description;
    const resources = Object.values(readTemplates(found)).flatMap(({ Resources = {} }) => Object.values(Resources));
    const priced = pricedSettings(settings);
    const { fixed, usage } = estimate(priced, resources, callbacks);
    const receiver = receiverSettingsOf(priced, resources);
    const compared = Object.fromEntries(
      Object.entries(MEASURED).map(([one, measured]) => [one, callbackCosts(measured, receiver).map(withUsd)]),
    );
    const unpriced = unpricedTypes(resources);
    return {
      exit: 'ok',
      data: {
        environment,
        callbacks,
        currency: 'USD',
        fixed: fixed.map(withUsd),
        usage: usage.map(withUsd),
        total: total(fixed) + total(usage),
        ...(unpriced.length > 0 && { unpriced }),
        ...(compare && { compared }),
      },
      text: [
        report({ name: environment, region }, callbacks, { fixed, usage }),
        ...(unpriced.length === 0 ? [] : [`Not counted, because no price is known: ${unpriced.join(', ')}.`]),
        ...(compare ? [reportCallback(receiver, fixed)] : []),
      ].join('\n\n'),
    };
  });

const withUsd = (item: CostItem) => ({ ...item, usd: usd(item) });

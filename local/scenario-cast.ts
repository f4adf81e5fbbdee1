import type { LocalDescription } from '../lib/config/local-settings.ts';
import type { ScenarioSettings } from '../scenario/context.ts';

/** The processors of a scenario, and its sender by the name of its client in the ready file. */
export type ScenarioCast = { readonly sender: string } & Pick<
  ScenarioSettings,
  'processor' | 'contentType' | 'documentType' | 'shortProcessor' | 'dispatchProcessor'
>;

export const LOCAL_CAST: ScenarioCast = {
  sender: 'sender',
  processor: 'acme-ocr',
  contentType: 'application/json',
  documentType: 'application/pdf',
  shortProcessor: 'short-ocr',
};

/** With the processor that gets its work from Postern, for a gateway with an example processor. */
export const LOCAL_DISPATCH_CAST: ScenarioCast = { ...LOCAL_CAST, dispatchProcessor: 'sent-ocr' };

const JSON_TYPE = 'application/json';
/** Tasks of the scenario live so long. */
const EXPIRES_IN_SECONDS = 3_600;
/** The scenario has no more tasks open at a time. */
const MOST_PENDING = 20;

/** Chooses a sender and its processors for the scenario. Returns the reason, a sentence, if it cannot be played. */
export const scenarioCast = (description: LocalDescription): ScenarioCast | string => {
  const { applications, clients, hasPolicies, isEachTokenUsedOnce, processors, quarantineLimit } = description;
  if (hasPolicies) return 'the policies of the environment decide what it may do.';
  if (isEachTokenUsedOnce)
    return 'it uses one access token several times, and the environment accepts each token once.';
  if (quarantineLimit === 0) return 'it delivers a late result, and the environment keeps none.';
  const isFit = (id: string): boolean => {
    const processor = processors[id];
    return (
      processor !== undefined &&
      processor.proof === 'none' &&
      !processor.hasSchema &&
      !processor.hasSameBy &&
      processor.replayMode === 'acknowledge' &&
      processor.maxExpiresIn >= EXPIRES_IN_SECONDS &&
      processor.contentTypes.includes(JSON_TYPE)
    );
  };
  for (const { application, clientId, role } of clients) {
    const owner = applications[application ?? ''];
    if (role !== 'sender' || owner === undefined || (owner.pendingLimit ?? MOST_PENDING) < MOST_PENDING) continue;
    // The sender of the scenario gives the callback URLs to the processor itself.
    const fit = owner.processors.filter((id) => isFit(id) && !processors[id]?.isDispatched);
    const first = fit.find((id) => !isShort(processors[id]));
    const short = fit.find((id) => isShort(processors[id]));
    if (first === undefined) continue;
    const { contentTypes = [] } = processors[first] ?? {};
    return {
      sender: clientId,
      processor: first,
      contentType: JSON_TYPE,
      // Any bytes are a document, but JSON is checked.
      documentType: contentTypes.find((type) => !/[/+]json$/.test(type)) ?? JSON_TYPE,
      ...(short !== undefined && { shortProcessor: short }),
    };
  }
  return `no sender of the environment has a processor without a proof that delivers any ${JSON_TYPE}.`;
};

/** True if the environment has a processor that gets its work from Postern. */
export const isDispatching = ({ description }: { readonly description: LocalDescription }): boolean =>
  Object.values(description.processors).some(({ isDispatched }) => isDispatched === true);

const isShort = (processor: LocalDescription['processors'][string] | undefined): boolean =>
  processor?.carriers[0] === 'short';

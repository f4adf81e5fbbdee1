import { PROOF_OPTIONS } from '../../callback/proof.ts';
import { defineCommand } from '../../command.ts';
import { CommandError } from '../../command-error.ts';
import { confirmAction } from '../../confirm.ts';
import { intoNewFile } from '../../files.ts';
import manifest from '../../package.json' with { type: 'json' };
import { CONFIRM_OPTIONS, REASON_OPTION } from '../task/shared-options.ts';

export const CALLBACK_ATTACK_COMMAND = defineCommand({
  name: 'callback attack',
  summary: 'Attacks tasks that it opens itself, and checks that the gateway refuses each attack',
  description:
    'Each attack has a name, a new task with {"drill": true} in its metadata, and the codes that are right refusals. ' +
    'The drill uses tokens twice, so the alarm ReplayDetected goes off, unless you give --no-replay. Every task is cancelled ' +
    'at the end, also after Ctrl-C. Without --processor it attacks processors of the gateway on this machine. For a processor ' +
    'with a proof give --proof and --key. docs/operate/attack-drill.md has every attack.',
  options: {
    processor: { doc: 'id of the processor whose callbacks are attacked', value: 'ID' },
    contentType: { doc: 'a content type that it sends', value: 'TYPE', default: 'application/json' },
    noReplay: { doc: 'omits the attacks that raise the alarm ReplayDetected' },
    out: { doc: 'writes a report in Markdown to a new file', value: 'FILE' },
    ...PROOF_OPTIONS,
    proof: { ...PROOF_OPTIONS.proof, choices: PROOF_OPTIONS.proof.choices.filter((kind) => kind !== 'mtls') },
    ...REASON_OPTION,
    ...CONFIRM_OPTIONS,
  },
  examples: [
    'postern callback attack',
    'postern callback attack --out drill.md -o json',
    'postern callback attack --profile staging --processor acme-ocr --no-replay',
  ],
  exits: ['failed', 'signIn', 'refused', 'unavailable'],
  run: async (context, { options }) => {
    const { ATTACK_GROUPS, ATTACKS } = await import('../../attack/catalogue.ts');
    const { chooseTargets } = await import('../../attack/choose-targets.ts');
    const { runAttacks } = await import('../../attack/run-attacks.ts');
    const { reportOf } = await import('../../attack/report.ts');
    const { isHeld, showDrill, summaryOf, toJson } = await import('../../attack/show-drill.ts');
    const { readKeySet } = await import('../../token/key-set.ts');
    const { senderOf } = await import('../../sign-in/clients.ts');
    const { io, now, settings, signal } = context;

    const targets = await chooseTargets(context, options);
    const attacks = options.noReplay ? ATTACKS.filter(({ isReplay }) => !isReplay) : ATTACKS;
    const runnable = attacks.filter(({ target = 'plain' }) => targets.has(target));
    const replays = runnable.filter(({ isReplay }) => isReplay).length;
    const warning =
      replays === 0 ? '' : `, and uses tokens twice in ${replays} attacks, which raises the alarm ReplayDetected`;
    await confirmAction(context, {
      action: `Opens a task for each of ${runnable.length} attacks${warning}`,
      reason: options.reason,
      yes: options.yes,
    });
    if (replays > 0) io.note(`The alarm ReplayDetected goes off: ${replays} attacks use a token twice.`);

    const postern = await senderOf(context);
    const begunAt = new Date(now()).toISOString();
    const attack = async () => {
      const drill = await runAttacks({
        postern,
        targets,
        attacks,
        now,
        signal,
        readKeys: (origin) => readKeySet(context, origin),
        begins: (name, index) => io.showProgress(`${index + 1} of ${runnable.length}: ${name}`),
      });
      io.showProgress('');
      return { ...drill, endedAt: new Date(now()).toISOString() };
    };
    const { out } = options;
    const drill =
      out === undefined
        ? await attack()
        : (
            await intoNewFile(context, out, attack, (done) =>
              reportOf(done, ATTACK_GROUPS, {
                profile: settings.profileName,
                version: manifest.version,
                begunAt,
                endedAt: done.endedAt,
              }),
            )
          ).outcome;

    if (io.format === 'text') io.write(`${showDrill(drill, ATTACK_GROUPS)}\n\n${summaryOf(drill)}\n`);
    else await io.printList({ name: 'attacks', items: drill.results.map(toJson), columns: [], none: '' });
    if (drill.notRun.length > 0) {
      io.note(`Not run, because no processor of this drill fits: ${drill.notRun.map(({ name }) => name).join(', ')}.`);
    }
    if (drill.leftOver.length > 0) io.note(`Cancel these tasks yourself: ${drill.leftOver.join(', ')}.`);
    if (out !== undefined) io.note(`The report is in ${out}.`);
    if (drill.results.length === 0) throw new CommandError('failed', 'No attack was run.');
    return isHeld(drill) ? 'ok' : 'failed';
  },
});

import type { Applications } from '../../lambda/contract/applications.ts';
import type { ResumeTarget, ResumeTargets } from '../../lambda/contract/resume.ts';
import type { Environment } from './environment.ts';

/**
 * An environment whose applications get further workflows from the app's code, until synthesis. Files of functions and policies
 * are made at synthesis, so they have all of them.
 */
export class GrantedWorkflows<E extends Environment> {
  /** The environment with every workflow so far. A copy by spread has those of the moment only. */
  readonly environment: E;
  readonly #granted = new Map<string, readonly ResumeTarget[]>();

  constructor(given: E) {
    const resumeTargets = () => this.added(given.resumeTargets);
    const applications = () => this.addedTo(given.applications);
    this.environment = {
      ...given,
      get resumeTargets() {
        return resumeTargets();
      },
      get applications() {
        return applications();
      },
    };
  }

  /**
   * Lets an application resume a workflow.
   * @param application one of `resumeTargets`
   * @returns false if it may already
   */
  add(application: string, target: ResumeTarget): boolean {
    const known = this.environment.resumeTargets[application] ?? [];
    if (known.some(({ arn }) => arn === target.arn)) return false;
    this.#granted.set(application, [...(this.#granted.get(application) ?? []), target]);
    return true;
  }

  private added(targets: ResumeTargets): ResumeTargets {
    return Object.fromEntries(
      Object.entries(targets).map(([id, listed]) => [id, [...listed, ...(this.#granted.get(id) ?? [])]]),
    );
  }

  private addedTo(applications: Applications): Applications {
    return Object.fromEntries(
      Object.entries(applications).map(([id, application]) => {
        const granted = this.#granted.get(id) ?? [];
        if (granted.length === 0) return [id, application];
        return [id, { ...application, resumes: [...(application.resumes ?? []), ...granted.map(({ arn }) => arn)] }];
      }),
    );
  }
}

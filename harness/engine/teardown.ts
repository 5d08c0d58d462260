type Step = () => unknown;

/** Undoes what was set up, in reverse order. Every step runs, whatever the others do; the first error is kept. */
export class Teardown {
  readonly #steps: Step[] = [];
  readonly #errors: unknown[] = [];
  #running: Promise<void> = Promise.resolve();

  add(step: Step): void {
    this.#steps.push(step);
  }

  /**
   * May be called again, also while it runs: a call resolves when all steps added until then are done, and rejects
   * with the first error that any step gave.
   */
  async run(): Promise<void> {
    this.#running = this.#running.then(() => this.#undoAll());
    await this.#running;
    if (this.#errors.length > 0) throw this.#errors[0];
  }

  async #undoAll(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        this.#errors.push(error);
      }
    }
  }
}

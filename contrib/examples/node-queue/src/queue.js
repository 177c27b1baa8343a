import { delays } from "./backoff.js";

/** The queue holds as many jobs as it may. */
export class Full extends Error {}

/** Runs jobs in order, at most `workers` at a time, with at most `capacity` waiting. */
export class Queue {
  #waiting = [];
  #running = 0;
  #idle = [];

  constructor({ workers = 2, capacity = 100, retries = 0, sleep = pause } = {}) {
    Object.assign(this, { workers, capacity, retries, sleep });
  }

  /** Adds a job (an async function); resolves with its value, or rejects with its last error. */
  add(job) {
    if (this.#waiting.length >= this.capacity) throw new Full(`${this.capacity} jobs are waiting`);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
      this.#next();
    });
  }

  /** Resolves when nothing waits and nothing runs. */
  idle() {
    if (this.#running === 0 && this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #next() {
    while (this.#running < this.workers && this.#waiting.length > 0) {
      this.#running += 1;
      const { job, resolve, reject } = this.#waiting.shift();
      this.#attempt(job).then(resolve, reject).finally(() => this.#done());
    }
  }

  #done() {
    this.#running -= 1;
    this.#next();
    if (this.#running === 0) this.#idle.splice(0).forEach((resolve) => resolve());
  }

  async #attempt(job) {
    for (const delay of delays(this.retries)) {
      try {
        return await job();
      } catch {
        await this.sleep(delay);
      }
    }
    return job();
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

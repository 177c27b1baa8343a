/** The pauses before each retry, in milliseconds: doubling from `first`, never above `longest`. */
export function* delays(retries, { first = 50, longest = 2000 } = {}) {
  for (let n = 0; n < retries; n += 1) yield Math.min(first * 2 ** n, longest);
}

// Runs asynchronous jobs, at most `limit` of them at once, in the order in which they came.
function pool(limit) {
  const waiting = [];
  let running = 0;

  function next() {
    while (running <= limit && waiting.length > 0) {
      const { job, resolve, reject } = waiting.shift();
      running += 1;
      job().then((value) => {
        running -= 1;
        resolve(value);
        next();
      }, reject);
    }
  }

  return (job) =>
    new Promise((resolve, reject) => {
      waiting.push({ job, resolve, reject });
      next();
    });
}

module.exports = { pool };

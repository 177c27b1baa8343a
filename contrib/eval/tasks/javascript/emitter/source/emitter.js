// Events and who listens to them.
function emitter() {
  const all = new Map();

  function listeners(name) {
    if (!all.has(name)) all.set(name, []);
    return all.get(name);
  }

  function on(name, listener) {
    listeners(name).push(listener);
  }

  function off(name, listener) {
    const index = listeners(name).findIndex((other) => other === listener);
    if (index >= 0) listeners(name).splice(index, 1);
  }

  function once(name, listener) {
    const wrapper = (...told) => {
      off(name, wrapper);
      listener(...told);
    };
    on(name, wrapper);
  }

  function emit(name, ...told) {
    for (const listener of listeners(name)) listener(...told);
  }

  return { on, off, once, emit };
}

module.exports = { emitter };
